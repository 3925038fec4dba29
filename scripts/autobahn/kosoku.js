'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');

const { inRoot } = require('../setup/root');
const { SetupError } = require('../setup/setup-error');

/** It carries the cases of the Autobahn test suite; its faults, and so our repairs of them, are those of this version. */
const REQUIREMENT = 'kosoku==0.1.0';

const FOLDER = inRoot('node_modules', '.cache', 'kosoku-0.1.0');

const PLAY = inRoot('__test__', 'autobahn', 'kosoku', 'play.py');

/**
 * Installs kosoku into a virtual environment in `node_modules/.cache`, unless it is there.
 *
 * @returns {{program: string, args: string[]}} its Python, and what makes it play cases
 */
function installKosoku() {
  const bin = process.platform === 'win32' ? 'Scripts' : 'bin';
  const program = `${FOLDER}/${bin}/python`;
  if (!isInstalled(program)) {
    console.log(`Installing ${REQUIREMENT} ...`);
    fs.rmSync(FOLDER, { recursive: true, force: true });
    attempt(pythonOfTheSystem(), ['-m', 'venv', FOLDER]);
    attempt(program, [
      ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
      ...['--only-binary=:all:', REQUIREMENT],
    ]);
  }
  return { program, args: ['-B', PLAY] };
}

/** @returns {string[]} the ids of all cases */
function allCases({ program, args }) {
  return JSON.parse(execFileSync(program, [...args, 'cases'], QUIET));
}

module.exports = { installKosoku, allCases };

const QUIET = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] };

function isInstalled(program) {
  try {
    execFileSync(program, ['-c', 'import kosoku'], QUIET);
    return true;
  } catch {
    return false;
  }
}

function pythonOfTheSystem() {
  return process.platform === 'win32' ? 'python' : 'python3';
}

function attempt(program, args) {
  try {
    execFileSync(program, args, QUIET);
  } catch (error) {
    throw new SetupError(
      `${program} ${args.join(' ')} failed. Python 3.10 or later with venv and pip is needed ` +
        `(on Debian: python3-venv).\n${error.stderr ?? ''}${error.stdout ?? error.message}`,
    );
  }
}
