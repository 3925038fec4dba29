'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { isControl } = require('../support/subject');
const { fuzz } = require('./run');

const SEED = 1;
const MILLISECONDS = 6_000;

test('whatever is called, nothing crashes and nothing is left', async (t) => {
  const { calls, plans, failure } = await fuzz({
    seed: SEED,
    milliseconds: MILLISECONDS,
  });
  t.diagnostic(`${calls} calls in ${plans} plans`);
  const shown = failure && `${failure.text}\n${JSON.stringify(failure.plan)}`;
  if (!isControl) assert.equal(shown, null, `seed ${failure?.seed}`);
});
