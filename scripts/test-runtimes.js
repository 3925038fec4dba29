'use strict';

/*
 * `npm run test:runtimes`: hawser on every runtime that it is for. They are installed from npm into a temporary folder:
 * the oldest Node and the newest of each line, with all behaviour tests on every driver; Bun and Deno, with those that
 * do not try what is Node's own.
 *
 *   npm run test:runtimes -- --only bun   only the runtimes whose name contains "bun" (may be given more than once)
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { installRuntime } = require('./runtimes/installation');
const { runtimesForThisPlatform } = require('./runtimes/runtimes');
const { testOn } = require('./runtimes/tests');
const { setUp } = require('./setup');
const { printSummary } = require('./test/summary');

main();

async function main() {
  const runtimes = selectRuntimes();
  setUp();

  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hawser-runtimes-'));
  try {
    const results = [];
    for (const runtime of runtimes) results.push(await tryOn(runtime, folder));
    process.exitCode = printSummary(results) ? 0 : 1;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

async function tryOn(runtime, folder) {
  const started = performance.now();
  let name = runtime.name;
  let counts;
  try {
    const { program, version } = await installRuntime(runtime, folder);
    name = `${runtime.kind} ${version}`;
    console.log(`\n--- ${name}`);
    counts = await testOn(runtime, program, folder);
  } catch (error) {
    console.error(`${name} could not be installed: ${error.message}`);
    counts = { passed: 0, failed: 1, skipped: 0 };
  }
  return { name, seconds: (performance.now() - started) / 1000, ...counts };
}

function selectRuntimes() {
  const all = runtimesForThisPlatform();
  if (all.length === 0) {
    refuse(
      `No packages of the runtimes are known for ${process.platform}-${process.arch}. ` +
        'With a Node of your own: /path/to/node scripts/test.js',
    );
  }

  const options = { only: { type: 'string', multiple: true } };
  let only;
  try {
    ({ only } = parseArgs({ options }).values);
  } catch (error) {
    refuse(error.message);
  }
  if (only === undefined) return all;

  const selected = all.filter(({ name }) =>
    only.some((part) => name.includes(part)),
  );
  if (selected.length === 0) {
    refuse(
      `There is no such runtime, only ${all.map(({ name }) => name).join(', ')}.`,
    );
  }
  return selected;
}

function refuse(reason) {
  console.error(reason);
  process.exit(2);
}
