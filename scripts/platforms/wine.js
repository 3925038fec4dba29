'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/** Windows has it since Windows 7, Wine only in later versions than Debian 12's; Rust's standard library asks for it. */
const RANDOM_NUMBERS = path.join(__dirname, 'bcryptprimitives.c');

/**
 * Makes a Windows of Wine's, for Node.js.
 *
 * @param {string} folder
 * @returns {object} The environment to run `wine` in
 */
function preparePrefix(folder) {
  const env = {
    WINEPREFIX: folder,
    WINEDEBUG: '-all',
    // Nobody is there to be asked whether .NET and a browser are to be installed.
    WINEDLLOVERRIDES: 'mscoree,mshtml=',
  };
  const library = path.join(
    folder,
    'drive_c/windows/system32/bcryptprimitives.dll',
  );
  if (fs.existsSync(library)) return env;

  fs.mkdirSync(folder, { recursive: true });
  const options = { stdio: 'ignore', env: { ...process.env, ...env } };
  execFileSync('wine', ['wineboot', '--init'], options);
  execFileSync('wine', ['winecfg', '/v', 'win10'], options);
  execFileSync('x86_64-w64-mingw32-gcc', [
    ...['-shared', '-o', library],
    ...[RANDOM_NUMBERS, '-ladvapi32'],
  ]);
  return env;
}

module.exports = { preparePrefix };
