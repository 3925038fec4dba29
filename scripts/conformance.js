'use strict';

/*
 * `npm run conformance`: plays the conformance table with ws and with hawser on every driver, writes what was seen to
 * docs/conformance.md and target/conformance.json, and fails if a row deviates.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { setUp } = require('./setup');
const { inRoot } = require('./setup/root');
const { run } = require('./test/run');
const { ALWAYS, DRIVERS } = require('./test/suites');
const { renderTable } = require('../__test__/conformance/report/markdown');
const { ROWS } = require('../__test__/conformance/rows');

main();

async function main() {
  setUp();

  const outcomes = { ws: await play('ws', { HAWSER_TEST_SUBJECT: 'ws' }) };
  for (const driver of ALWAYS) {
    outcomes[driver] = await play(driver, DRIVERS[driver]);
  }

  fs.mkdirSync(inRoot('target'), { recursive: true });
  fs.writeFileSync(
    inRoot('target/conformance.json'),
    JSON.stringify(
      ROWS.map((row) => reportOf(row, outcomes)),
      null,
      1,
    ),
  );
  const deviations = deviationsOf(outcomes);
  fs.writeFileSync(
    inRoot('docs/conformance.md'),
    renderTable(ROWS, deviations),
  );
  console.log(`\n${ROWS.length} rows, ${deviations.size} with a deviation`);
  process.exitCode = deviations.size === 0 ? 0 : 1;
}

/** The outcome of every row, which is only a word where it is the expected one. */
async function play(name, environment) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hawser-conformance-'));
  const file = path.join(folder, 'outcomes.json');
  try {
    const started = performance.now();
    const { code } = await run(
      process.execPath,
      [inRoot('__test__/conformance/play.js'), file],
      { env: { ...process.env, HAWSER_TEST_SUBJECT: '', ...environment } },
    );
    if (code !== 0)
      throw new Error(`The rows could not be played with ${name}`);
    const outcomes = JSON.parse(fs.readFileSync(file, 'utf8'));
    const unexpected = Object.values(outcomes).filter((o) => o.api).length;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${name}: ${unexpected} deviations, ${seconds} s`);
    return outcomes;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function deviationsOf(outcomes) {
  const deviations = new Map();
  for (const { id } of ROWS) {
    const unexpected = Object.entries(outcomes)
      .map(([name, all]) => [name, all[id]])
      .filter(([, outcome]) => outcome.api);
    if (unexpected.length > 0) {
      deviations.set(id, Object.fromEntries(unexpected));
    }
  }
  return deviations;
}

function reportOf({ both, expect, id, role, rule, section, ws }, outcomes) {
  const seen = Object.entries(outcomes).map(([name, all]) => [name, all[id]]);
  return {
    id,
    section,
    rule,
    role,
    expect,
    ws,
    both,
    seen: Object.fromEntries(seen),
  };
}
