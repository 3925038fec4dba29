'use strict';

/*
 * What has been built and of what, in `target/cross/built.json`, and the checksums beside it as `sha256sum --check` reads
 * them from the top folder. A build of some platforms leaves what is said of the others.
 */

const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const { ROOT, inRoot } = require('../setup/root');
const { glibcFloorOf } = require('./faults');
const { TARGETS } = require('./targets');

const BUILT = inRoot('target', 'cross', 'built.json');
const SUMS = inRoot('target', 'cross', 'SHA256SUMS');

/**
 * @typedef {object} Built
 * @property {string} platform
 * @property {string} triple Rust's name of it
 * @property {string} file Seen from the top folder
 * @property {string} date The day on which this very file was built first
 * @property {string} commit The commit it was built from, `-dirty` if there were changes
 * @property {number} size
 * @property {string} [glibc] The oldest that it can be loaded with
 * @property {string} [macos] The same
 * @property {string[]} libraries What it is linked against
 * @property {string} sha256
 * @property {Record<string, string>} versions What it was built with
 */

/**
 * @param {{target: import('./targets').Target, file: string, seen: object, versions: object}[]} results
 */
function record(results) {
  const entries = read();
  for (const result of results) {
    const { platform } = result.target;
    entries.set(platform, describe(result, entries.get(platform)));
  }
  const built = TARGETS.map(({ platform }) => entries.get(platform)).filter(
    (entry) => entry && isThere(entry),
  );
  fs.mkdirSync(path.dirname(BUILT), { recursive: true });
  fs.writeFileSync(BUILT, `${JSON.stringify(built, null, 2)}\n`);
  const sums = built.map(({ sha256, file }) => `${sha256}  ${file}\n`);
  fs.writeFileSync(SUMS, sums.join(''));
}

/** @param {import('./targets').Target[]} targets Those to print a row of */
function printTable(targets) {
  const entries = read();
  console.log('');
  for (const { platform, built } of targets) {
    const entry = entries.get(platform);
    if (entry) console.log(rowOf(entry));
    else if (built === 'hosted')
      console.log(`${platform.padEnd(20)} left to the hosted workflow`);
  }
}

function rowOf({ platform, size, glibc, macos, sha256 }) {
  const needs = glibc ? `glibc ${glibc}` : macos ? `macOS ${macos}` : '';
  return [
    platform.padEnd(20),
    `${size} bytes`.padStart(14),
    needs.padEnd(12),
    sha256,
  ].join('  ');
}

/** @returns {Map<string, Built>} What has been recorded, by platform */
function read() {
  if (!fs.existsSync(BUILT)) return new Map();
  const entries = JSON.parse(fs.readFileSync(BUILT, 'utf8'));
  return new Map(entries.map((entry) => [entry.platform, entry]));
}

function describe({ target, file, seen, versions }, before) {
  const sha256 = sumOf(file);
  const isNew = sha256 !== before?.sha256;
  return {
    platform: target.platform,
    triple: target.triple,
    file: path.relative(ROOT, file),
    date: isNew ? new Date().toISOString().slice(0, 10) : before.date,
    commit: commit(),
    size: seen.size,
    glibc: glibcFloorOf(seen),
    macos: seen.macos,
    libraries: seen.libraries,
    sha256,
    versions,
  };
}

function commit() {
  const args = ['describe', '--always', '--dirty', '--abbrev=12'];
  const { stdout } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  return stdout?.trim() ?? '';
}

/** Whether it is still the file that was built: `npm run build` and others write there, too. */
function isThere({ file, sha256 }) {
  return fs.existsSync(inRoot(file)) && sumOf(inRoot(file)) === sha256;
}

function sumOf(file) {
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}

module.exports = { record, printTable };
