'use strict';

const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const { isOlder } = require('./node-version');
const { ROOT, inRoot } = require('./root');
const { SetupError } = require('./setup-error');

const STAMP = inRoot('target', 'hawser-build.json');
const GENERATED = ['js-binding.js', 'js-binding.d.ts'];
const INPUTS = [
  '.cargo',
  'build.rs',
  'Cargo.lock',
  'Cargo.toml',
  'rust-toolchain.toml',
  'src',
];

/**
 * Builds the addon in release mode, unless the one that is there was built from the sources as they are now.
 * `HAWSER_PREBUILT=1` uses the binary that is there, whatever it was built from (a debug build, one from elsewhere).
 */
function buildAddon() {
  if (process.env.HAWSER_PREBUILT === '1') {
    requirePrebuilt();
    return;
  }

  const sources = hashOfSources();
  if (isBuiltFrom(sources)) return;

  requireRust();
  console.log('Building the addon (napi build --release)');
  runBuild();
  writeStamp(sources);
}

function requirePrebuilt() {
  if (newestBinary() && hasGeneratedFiles()) return;
  throw new SetupError(
    'HAWSER_PREBUILT=1 is set, but there is no hawser.*.node with its js-binding.js here. ' +
      'Build it (`npm run build` or `npm run build:debug`) or unset the variable.',
  );
}

/**
 * The sources, and what else ends up in the binary or in the loader that goes with it.
 *
 * @returns {string} A hash that changes when any of it does
 */
function hashOfSources() {
  const hash = createHash('sha256');
  const { name, version, napi, scripts } = require(inRoot('package.json'));
  hash.update(JSON.stringify([name, version, napi, scripts.build]));
  hash.update(`${process.platform} ${process.arch}`);

  for (const file of INPUTS.flatMap(filesUnder)) {
    hash.update(`\0${file}\0`);
    hash.update(fs.readFileSync(inRoot(file)));
  }
  return hash.digest('hex');
}

function filesUnder(entry) {
  const stats = fs.statSync(inRoot(entry), { throwIfNoEntry: false });
  if (!stats) return [];
  if (stats.isFile()) return [entry];
  return fs
    .readdirSync(inRoot(entry))
    .sort()
    .flatMap((name) => filesUnder(`${entry}/${name}`));
}

function isBuiltFrom(sources) {
  let stamp;
  try {
    stamp = JSON.parse(fs.readFileSync(STAMP, 'utf8'));
  } catch {
    return false; // Not there or cut short: build.
  }
  // A debug build has replaced the binary if its size or time differ.
  return (
    stamp.sources === sources &&
    JSON.stringify(stamp.binary) === JSON.stringify(newestBinary()) &&
    hasGeneratedFiles()
  );
}

function writeStamp(sources) {
  const stamp = { sources, binary: newestBinary() };
  fs.mkdirSync(path.dirname(STAMP), { recursive: true });
  fs.writeFileSync(STAMP, JSON.stringify(stamp));
}

function hasGeneratedFiles() {
  return GENERATED.every((file) => fs.existsSync(inRoot(file)));
}

/**
 * @returns {{file: string, size: number, modified: number} | undefined} The binary that was written last
 */
function newestBinary() {
  return fs
    .readdirSync(ROOT)
    .filter((file) => /^hawser\..+\.node$/.test(file))
    .map((file) => {
      const { size, mtimeMs } = fs.statSync(inRoot(file));
      return { file, size, modified: mtimeMs };
    })
    .sort((a, b) => b.modified - a.modified)[0];
}

function requireRust() {
  const lowest = lowestRust();
  const advice = `Install Rust ${lowest} or later, for example with rustup (https://rustup.rs), and open a new terminal.`;

  const cargo = spawnSync('cargo', ['--version'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (cargo.error) {
    throw new SetupError(
      `cargo was not found (${cargo.error.code}). hawser's engine is written in Rust and is built here. ${advice}`,
    );
  }
  if (cargo.status !== 0) {
    throw new SetupError(
      `\`cargo --version\` failed: ${cargo.stderr.trim()}\n${advice}`,
    );
  }

  const [, version] = /(\d+\.\d+\.\d+)/.exec(cargo.stdout) ?? [];
  if (version && isOlder(version, lowest)) {
    throw new SetupError(`Rust ${version} is too old. ${advice}`);
  }
}

function lowestRust() {
  const manifest = fs.readFileSync(inRoot('Cargo.toml'), 'utf8');
  return /^rust-version\s*=\s*"([\d.]+)"/m.exec(manifest)[1];
}

function runBuild() {
  const cli = require.resolve('@napi-rs/cli/package.json', { paths: [ROOT] });
  const bin = path.join(path.dirname(cli), require(cli).bin.napi);
  const { scripts } = require(inRoot('package.json'));
  // The arguments are those of `npm run build`, without a second npm in between.
  const [, ...args] = scripts.build.split(' ');
  const { status } = spawnSync(process.execPath, [bin, ...args], {
    cwd: ROOT,
    stdio: 'inherit',
  });

  if (status !== 0) {
    throw new SetupError(
      'the addon could not be built; the output of cargo is above. It needs a C linker too (Debian: build-essential).',
    );
  }
  if (!hasGeneratedFiles()) {
    // The napi CLI writes no loader for an addon in which it finds no `#[napi]` item.
    throw new SetupError(`the build did not write ${GENERATED.join(' and ')}.`);
  }
}

module.exports = { buildAddon };
