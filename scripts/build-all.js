'use strict';

/*
 * `npm run build:all`: the addon for every platform that can be built for on this machine (Debian 12 on x64), each checked
 * and put into the folder of its package in `npm/`. What has no package, being there to be tried, goes to `target/cross`,
 * where `built.json` and `SHA256SUMS` list all of it. docs/platforms.md says what became of them.
 *
 *   npm run build:all -- --only linux-arm64   only the platforms with "linux-arm64" in their name
 */

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { compile } = require('./platforms/compile');
const { examine } = require('./platforms/examine');
const { record, printTable } = require('./platforms/record');
const { TARGETS } = require('./platforms/targets');
const { prepareToolchain } = require('./platforms/toolchain');
const { writeLicences } = require('./release/licences');
const { inRoot } = require('./setup/root');

main();

function main() {
  const { only = '' } = parseArgs({
    options: { only: { type: 'string' } },
  }).values;
  const chosen = TARGETS.filter(({ platform }) => platform.includes(only));
  const here = chosen.filter(({ built }) => built === 'zig');
  if (here.length === 0) {
    const names = TARGETS.map(({ platform }) => platform).join(', ');
    console.error(
      `Nothing to build here with "${only}" in its name: ${names}.`,
    );
    process.exit(2);
  }

  const toolchain = prepareToolchain();
  const built = here.map((target) => build(target, toolchain));
  writeLicences();
  record(built.filter(({ error }) => !error));

  printTable(chosen);
  for (const { target, error } of built) {
    if (error) console.error(`FAILED: ${target.platform}: ${error.message}`);
  }
  process.exitCode = built.some(({ error }) => error) ? 1 : 0;
}

function build(target, toolchain) {
  console.log(`\n--- ${target.platform} (${target.triple})`);
  try {
    const compiled = compile(target, toolchain);
    const seen = examine(compiled, target, toolchain);
    const file = fileFor(target);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.copyFileSync(compiled, file);
    return { target, file, seen, versions: toolchain.versions };
  } catch (error) {
    return { target, error };
  }
}

function fileFor({ platform, published }) {
  const name = `hawser.${platform}.node`;
  return published
    ? inRoot('npm', platform, name)
    : inRoot('target', 'cross', platform, name);
}
