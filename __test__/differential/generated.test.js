'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { checkFamily } = require('./generated/check-family');
const families = require('./generated/families');

/** For all of them together; `npm run test:differential` takes more. */
const SECONDS = 8;

const { HAWSER_TEST_SEED: givenSeed } = process.env;
const seed = Number(givenSeed ?? Date.now() & 0x7fffffff);
/** Who names a seed wants what it stands for, however long it takes. */
const batches = givenSeed === undefined ? Infinity : 1;

for (const { family, share, isToBeJudged } of families) {
  if (isToBeJudged && givenSeed === undefined) continue;
  test(`${family.name}: as ws does (seed ${seed})`, async (t) => {
    const milliseconds =
      givenSeed === undefined ? SECONDS * 1000 * share : 60_000;
    const result = await checkFamily(family, { seed, milliseconds, batches });
    t.diagnostic(`${result.played} scenarios, ${result.unstable} unstable`);
    if (result.failure) assert.fail(result.failure);
  });
}
