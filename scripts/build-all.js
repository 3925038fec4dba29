'use strict';

/*
 * `npm run build:all`: the addon for every platform that can be built for on this machine (Debian 12 on x64), each checked and
 * put into its folder under `npm/`; what is not published goes to `target/cross/checked`. docs/platforms.md says what
 * became of them.
 *
 *   npm run build:all -- --only linux-arm64   only the platforms with "linux-arm64" in their name
 */

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { compile } = require('./platforms/compile');
const { faultsOf, inspect } = require('./platforms/inspect');
const { TARGETS } = require('./platforms/targets');
const { prepareToolchain } = require('./platforms/toolchain');
const { writeLicences } = require('./release/licences');
const { inRoot } = require('./setup/root');

/** Bytes of a binary that nobody minds to download. */
const MOST_BYTES = 2_000_000;

main();

function main() {
  const { only = '' } = parseArgs({
    options: { only: { type: 'string' } },
  }).values;
  const targets = TARGETS.filter(({ platform }) => platform.includes(only));
  if (targets.length === 0) {
    console.error(
      `No platform has "${only}" in its name: ${TARGETS.map(({ platform }) => platform).join(', ')}.`,
    );
    process.exit(2);
  }

  const toolchain = prepareToolchain();
  const results = targets.map((target) => build(target, toolchain));
  writeLicences();
  writeSums(results);
  console.log('');
  for (const { target, outcome } of results)
    console.log(`${target.platform.padEnd(22)}${outcome}`);
  process.exitCode = results.some(({ failed }) => failed) ? 1 : 0;
}

function build(target, toolchain) {
  console.log(`\n--- ${target.platform} (${target.triple})`);
  if (target.built === 'hosted')
    return {
      target,
      outcome: 'left to the hosted workflow: no linker for it here',
    };
  try {
    const compiled = compile(target, toolchain);
    const seen = inspect(compiled, toolchain.readobj);
    const size = fs.statSync(compiled).size;
    const faults = faultsOf(seen, target);
    if (size > MOST_BYTES)
      faults.push(`has ${size} bytes, more than ${MOST_BYTES}`);
    if (faults.length > 0) throw new Error(faults.join('; '));

    const file = fileFor(target);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.copyFileSync(compiled, file);
    const floor = seen.glibc
      ? `, glibc ${seen.glibc}`
      : seen.macos
        ? `, macOS ${seen.macos}`
        : '';
    return {
      target,
      file,
      outcome: `${size} bytes${floor}, needs ${seen.libraries.join(' ')}`,
    };
  } catch (error) {
    return { target, failed: true, outcome: `FAILED: ${error.message}` };
  }
}

function fileFor({ platform, built }) {
  const name = `hawser.${platform}.node`;
  return built === 'zig'
    ? inRoot('npm', platform, name)
    : inRoot('target', 'cross', 'checked', name);
}

function writeSums(results) {
  const sums = results
    .filter(({ file }) => file)
    .map(
      ({ file }) =>
        `${createHash('sha256').update(fs.readFileSync(file)).digest('hex')}  ${path.relative(inRoot(), file)}`,
    );
  if (sums.length > 0)
    fs.writeFileSync(
      inRoot('target', 'cross', 'SHA256SUMS'),
      `${sums.join('\n')}\n`,
    );
}
