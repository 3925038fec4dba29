'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { inRoot } = require('../setup/root');
const { run } = require('./run');

/** Where the builds are that only tests use. */
const FOLDER = inRoot('target', 'test-builds');

/**
 * Builds the addon otherwise than for a release, in a folder of its own; the one in the top folder stays as it is.
 *
 * @param {string} name Of the build
 * @param {object} how
 * @param {string} [how.toolchain] Such as `nightly`
 * @param {string} [how.rustFlags]
 * @param {string} [how.target] Given together with flags that are not for build scripts
 * @returns {Promise<string>} The path of the addon; hawser loads it if `NAPI_RS_NATIVE_LIBRARY_PATH` names it
 */
async function buildForTests(name, { toolchain, rustFlags, target } = {}) {
  const folder = path.join(FOLDER, name);
  const args = ['build', '--locked', '--lib', '--target-dir', folder];
  const env = { ...process.env };

  args.push('--features', 'forced-panics');
  if (toolchain) args.unshift(`+${toolchain}`);
  if (target) args.push('--target', target);
  if (rustFlags) env.RUSTFLAGS = rustFlags;

  const { code } = await run('cargo', args, { env });
  if (code !== 0) throw new Error('The addon could not be built.');

  const built = path.join(folder, target ?? '', 'debug', libraryName());
  const addon = path.join(folder, 'hawser.node');

  fs.copyFileSync(built, addon);
  return addon;
}

function libraryName() {
  if (process.platform === 'win32') return 'hawser.dll';
  return process.platform === 'darwin' ? 'libhawser.dylib' : 'libhawser.so';
}

module.exports = { buildForTests };
