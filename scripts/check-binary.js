'use strict';

/*
 * Whether binaries are fit to be published, wherever they were built: what they may ask of a system is in `platforms/`.
 *
 *   rustup component add llvm-tools
 *   node scripts/check-binary.js hawser.linux-x64-gnu.node
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { examine } = require('./platforms/examine');
const { glibcFloorOf } = require('./platforms/faults');
const { TARGETS } = require('./platforms/targets');

/** Debian and Ubuntu put it there with the package `musl`. */
const MUSL_LIBC = '/lib/ld-musl-x86_64.so.1';

main();

function main() {
  const files = process.argv.slice(2);
  if (files.length === 0) {
    console.error('Which binary? node scripts/check-binary.js FILE...');
    process.exit(2);
  }
  const tools = {
    readobj: findReadobj(),
    muslLibc: fs.existsSync(MUSL_LIBC) ? MUSL_LIBC : undefined,
  };
  for (const file of files) check(file, tools);
}

function check(file, tools) {
  const target = TARGETS.find(
    ({ platform }) => path.basename(file) === `hawser.${platform}.node`,
  );
  if (!target) return refuse(file, 'is not named after a platform');
  try {
    const seen = examine(file, target, tools);
    const floor = glibcFloorOf(seen);
    const needs = [
      ...(floor ? [`glibc ${floor}`] : []),
      ...(seen.macos ? [`macOS ${seen.macos}`] : []),
      ...seen.libraries,
    ];
    console.log(`${file}: ${seen.size} bytes, needs ${needs.join(', ')}`);
  } catch (error) {
    refuse(file, error.message);
  }
}

function refuse(file, why) {
  console.error(`${file}: ${why}`);
  process.exitCode = 1;
}

/** LLVM_READOBJ, or that of rustup's component llvm-tools. */
function findReadobj() {
  if (process.env.LLVM_READOBJ) return process.env.LLVM_READOBJ;
  const ask = (...args) =>
    execFileSync('rustc', args, { encoding: 'utf8' }).trim();
  const [, host] = /^host: (.*)$/m.exec(ask('-vV'));
  const folder = path.join(ask('--print', 'sysroot'), 'lib', 'rustlib', host);
  const name = process.platform === 'win32' ? '.exe' : '';
  return path.join(folder, 'bin', `llvm-readobj${name}`);
}
