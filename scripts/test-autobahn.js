'use strict';

/*
 * `npm run test:autobahn`: the 517 cases of the Autobahn test suite, which kosoku carries, with an endpoint that echoes,
 * as server and as client, on each driver. The exit code is 0 only if all of them passed.
 *
 *   npm run test:autobahn -- --quick            sections 1 to 7 and 10, and the proof that bad endpoints are found out
 *   npm run test:autobahn -- --driver stream    on that driver (may be given more than once)
 *   npm run test:autobahn -- --role client      only as client, or only as server
 *   npm run test:autobahn -- --case 6.4         only the cases whose id begins so (may be given more than once)
 *   npm run test:autobahn -- --subject ws       with ws in place of hawser
 */

const { parseArgs } = require('node:util');

const { installKosoku, allCases } = require('./autobahn/kosoku');
const { printFailures, printTable } = require('./autobahn/output');
const { proveTheJudge } = require('./autobahn/proof');
const { play } = require('./autobahn/session');
const { setUp } = require('./setup');
const { DRIVERS } = require('./test/suites');

/** The sections that measure: large messages, many messages, compression. */
const LONG = /^(9|12|13)\./;

/** Most of the time of the other cases is a second of waiting, at the end. */
const QUICK = { concurrency: 8, seconds: 60 };
const WHOLE = { concurrency: 4, seconds: 20 * 60 };

const ROLES = ['server', 'client'];

main(readArguments()).catch((error) => {
  console.error(error.code === 'HAWSER_ERR_SETUP' ? error.message : error);
  process.exit(1);
});

async function main({ quick, drivers, roles, prefixes, subject }) {
  setUp();
  const kosoku = installKosoku();
  const every = allCases(kosoku);
  const cases = every.filter((id) =>
    prefixes
      ? prefixes.some((prefix) => `${id}.`.startsWith(`${prefix}.`))
      : !(quick && LONG.test(id)),
  );

  const rows = [];
  for (const driver of drivers) {
    const environment = { ...process.env, ...DRIVERS[driver] };
    if (subject !== 'hawser') environment.HAWSER_TEST_SUBJECT = subject;
    for (const role of roles) {
      const name = subject === 'hawser' ? driver : subject;
      console.log(`--- ${name}, ${role}: ${cases.length} cases`);
      const started = performance.now();
      const failures = await playAll({ kosoku, role, environment }, cases);
      const seconds = (performance.now() - started) / 1000;
      rows.push({ name, role, cases: cases.length, failures, seconds });
      printFailures(rows.at(-1));
    }
  }
  if (!prefixes && subject === 'hawser') {
    rows.push(...(await proveTheJudge(kosoku, roles, every)));
  }
  process.exitCode = printTable(rows) ? 0 : 1;
}

/** What is long is played apart, with less of it at a time. */
async function playAll(session, cases) {
  const failures = [];
  for (const [pace, some] of [
    [QUICK, cases.filter((id) => !LONG.test(id))],
    [WHOLE, cases.filter((id) => LONG.test(id))],
  ]) {
    if (some.length === 0) continue;
    failures.push(...(await play({ ...session, ...pace, cases: some })));
  }
  return failures;
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      driver: { type: 'string', multiple: true },
      role: { type: 'string' },
      case: { type: 'string', multiple: true },
      subject: { type: 'string', default: 'hawser' },
    },
  });
  const { quick, subject, driver, role, case: prefixes } = values;
  const isWs = subject === 'ws';
  const drivers = isWs
    ? ['event_loop']
    : (driver ?? ['event_loop', 'io_threads', 'stream', 'auto']);
  const roles = role === undefined ? ROLES : [role];

  if (!isWs && subject !== 'hawser') refuse('--subject is hawser or ws.');
  if (!drivers.every((name) => Object.hasOwn(DRIVERS, name))) {
    refuse(`--driver is one of ${Object.keys(DRIVERS).join(', ')}.`);
  }
  if (!roles.every((name) => ROLES.includes(name))) {
    refuse(`--role is one of ${ROLES.join(', ')}.`);
  }
  return { quick, drivers, roles, prefixes, subject };
}

function refuse(reason) {
  console.error(reason);
  process.exit(2);
}
