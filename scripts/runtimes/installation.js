'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { npm } = require('../ecosystem/npm');

/**
 * Gets a runtime from npm, into a folder of its own.
 *
 * @param {import('./runtimes').Runtime} runtime
 * @param {string} folder Where the folders of the runtimes are
 * @returns {Promise<{program: string, version: string}>} The path of the program, and what was found
 */
async function installRuntime(runtime, folder) {
  const home = path.join(folder, runtime.name);
  fs.mkdirSync(home, { recursive: true });
  // A project, so that npm looks no further up for one.
  fs.writeFileSync(path.join(home, 'package.json'), '{ "private": true }');

  await npm(
    [
      'install',
      `runtime@npm:${runtime.package}@${runtime.range}`,
      '--prefer-offline',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
    ],
    { cwd: home },
  );

  const installed = path.join(home, 'node_modules', 'runtime');
  const manifest = path.join(installed, 'package.json');
  const { version } = JSON.parse(fs.readFileSync(manifest, 'utf8'));
  return { program: path.join(installed, runtime.binary), version };
}

module.exports = { installRuntime };
