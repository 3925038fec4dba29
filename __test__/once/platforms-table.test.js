'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { withRows } = require('../../scripts/platforms/table');

const PAGE = [
  'Before',
  '<!-- runs -->',
  '',
  '| platform | Node.js | passed |',
  '| -------- | ------- | ------ |',
  '| one      | 20      | 1      |',
  '| one      | 22      | 2      |',
  '',
  '<!-- end of runs -->',
  'After',
].join('\n');

test('a row takes the place of that of the same platform and Node.js', () => {
  const page = withRows(PAGE, 'runs', [['one', '22', '3']]);

  assert.deepEqual(rowsOf(page), ['| one | 20 | 1 |', '| one | 22 | 3 |']);
});

test('a row of another platform comes last, and the rest of the page stays', () => {
  const page = withRows(PAGE, 'runs', [['two', '22', '3']]);

  assert.deepEqual(rowsOf(page).slice(1), [
    '| one | 22 | 2 |',
    '| two | 22 | 3 |',
  ]);
  assert.match(page, /^Before\n<!-- runs -->\n/);
  assert.match(page, /\n<!-- end of runs -->\nAfter$/);
});

function rowsOf(page) {
  return page.split('\n').filter((line) => /^\| (one|two)/.test(line));
}
