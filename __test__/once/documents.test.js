'use strict';

/*
 * What the Markdown files of the repository say of each other and of the code.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const { headingsOf, targetsOf } = require('../../scripts/docs/markdown');
const { pages } = require('../../scripts/docs/pages');
const { ROOT, inRoot } = require('../../scripts/setup/root');

/** Folders in which nothing is ours. */
const FOREIGN = new Set(['.git', 'artifacts', 'node_modules', 'target']);

test('every link to a file leads to one, with the heading that it names', () => {
  const dead = markdownFiles().flatMap((file) =>
    targetsOf(read(file))
      .filter((target) => !/^[a-z][a-z\d+.-]*:/i.test(target))
      .filter((target) => !leadsSomewhere(file, target))
      .map((target) => `${file}: ${target}`),
  );
  assert.deepEqual(dead, []);
});

test('the site has every document, and no two pages of one name', () => {
  const sources = pages().map(({ source }) => source);
  const documents = fs
    .readdirSync(inRoot('docs'))
    .filter((file) => file.endsWith('.md'));
  for (const file of documents)
    assert.ok(sources.includes(`docs/${file}`), file);

  const names = pages().map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)]);
});

test('docs/options.md has every option of the types, with its default', () => {
  const rows = read('docs/options.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  const missing = ['options', 'engine', 'messages'].flatMap((name) =>
    optionsIn(read(`types/${name}.d.ts`)).filter(
      ({ option, value }) =>
        !rows.some((row) => {
          const [, first, ...cells] = row.split('|');
          const names = [...first.matchAll(/`(\w+)`/g)].map(([, word]) => word);
          const isSaid =
            value === undefined || cells.join().includes(`\`${value}`);
          return names.includes(option) && isSaid;
        }),
    ),
  );
  assert.deepEqual(missing, []);
});

test('docs/errors.md has every error code of the code, and no other', () => {
  const code = ['lib', 'src'].flatMap(filesUnder).map(read).join('\n');
  const codes = (text) =>
    new Set(text.match(/\b(?:WS|HAWSER)_ERR_[A-Z_\d]*[A-Z\d]\b/g));
  const given = codes(code.replace(/WS_ERR_\*/g, ''));
  assert.deepEqual(
    [...codes(read('docs/errors.md'))].sort(),
    [...given].sort(),
  );
});

/** The members of what the types call `...Options`, but for those within a member's own braces. */
function optionsIn(types) {
  const interfaces = types.matchAll(
    /interface \w*Options\b[^{]*\{\n([^]*?)\n\}/g,
  );
  return [...interfaces].flatMap(([, body]) =>
    [...body.matchAll(/^ {2}\/\*\*([^]*?)\*\/\n {2}(\w+)[?(]/gm)].map(
      ([, comment, option]) => ({
        option,
        value: /@defaultValue `([^`]*)`/.exec(comment)?.[1],
      }),
    ),
  );
}

function leadsSomewhere(from, target) {
  const [place, anchor] = target.split('#');
  const file = place ? path.join(path.dirname(from), decodeURI(place)) : from;
  if (!fs.existsSync(inRoot(file))) return false;
  if (anchor === undefined) return true;
  return headingsOf(read(file)).some((heading) => heading.anchor === anchor);
}

function markdownFiles() {
  return filesUnder('.').filter((file) => file.endsWith('.md'));
}

function filesUnder(folder) {
  return fs
    .readdirSync(inRoot(folder), { withFileTypes: true })
    .flatMap((entry) => {
      if (FOREIGN.has(entry.name)) return [];
      const file = path.join(folder, entry.name);
      return entry.isDirectory() ? filesUnder(file) : [file];
    });
}

function read(file) {
  return fs.readFileSync(path.resolve(ROOT, file), 'utf8');
}
