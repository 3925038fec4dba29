'use strict';

const { printFailures } = require('./output');
const { play } = require('./session');

/** The cases of sections 2 to 7 that send what a peer must not. */
const BAD = [
  /^2\.5$/,
  /^3\.\d+$/,
  /^4\.[12]\.\d+$/,
  /^5\.([129]|1[0-8])$/,
  /^6\.3\.\d+$/,
  /^6\.4\.\d+$/,
  /^7\.3\.[26]$/,
  /^7\.5\.1$/,
  /^7\.9\.\d+$/,
  /^7\.13\.\d+$/,
];

/** Half of the cases end only when kosoku has waited in vain. */
const PACE = { concurrency: 32, seconds: 60 };

/**
 * An endpoint that ignores whatever is bad must fail the cases that send such things, and only those, in the eyes of
 * our judge: as client it passes all of them in kosoku's.
 *
 * @returns {Promise<import('./output').Row[]>}
 */
async function proveTheJudge(kosoku, roles, every) {
  const cases = every.filter((id) => /^([1-57]|10|6\.[1-4])\./.test(id));
  const environment = { ...process.env, HAWSER_TEST_SUBJECT: 'careless' };
  const rows = [];
  for (const role of roles) {
    const started = performance.now();
    const found = await play({ kosoku, role, environment, cases, ...PACE });
    const seconds = (performance.now() - started) / 1000;
    const failures = cases.flatMap((id) => mistakeAbout(id, found));
    rows.push({
      name: 'careless',
      role,
      cases: cases.length,
      failures,
      seconds,
    });
    printFailures(rows.at(-1));
  }
  return rows;
}

module.exports = { proveTheJudge };

function mistakeAbout(id, found) {
  const isBad = BAD.some((pattern) => pattern.test(id));
  const complaint = found.find(
    (failure) => failure.id === id && failure.by === 'the judge',
  );
  if (isBad === (complaint !== undefined)) return [];
  return {
    id,
    by: 'the proof of the judge',
    expected: isBad ? 'a complaint of the judge' : 'no complaint',
    seen: complaint ? complaint.seen : 'none',
  };
}
