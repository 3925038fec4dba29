'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');

module.exports = { prepare };

/**
 * Makes a state of hawser ready to be measured.
 *
 * @param {string} state a folder in which the addon is built, or anything that names a commit
 * @returns {{ name: string, folder: string, discard: () => void }} `discard` removes what was made
 */
function prepare(state) {
  if (fs.existsSync(path.join(state, 'package.json'))) {
    return {
      name: path.basename(path.resolve(state)),
      folder: path.resolve(state),
      discard() {},
    };
  }

  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hawser-compare-'));
  const discard = () => fs.rmSync(folder, { recursive: true, force: true });

  try {
    build(unpack(state, folder));
  } catch (error) {
    discard();
    throw error;
  }
  return { name: state, folder, discard };
}

function unpack(commit, folder) {
  const archive = path.join(folder, 'commit.tar');

  run('git', ['archive', '--output', archive, commit], ROOT);
  run('tar', ['-xf', archive], folder);
  fs.rmSync(archive);

  return folder;
}

function build(folder) {
  console.log(`Building in ${folder}`);
  fs.symlinkSync(
    path.join(ROOT, 'node_modules'),
    path.join(folder, 'node_modules'),
  );
  run('npm', ['run', '--silent', 'build'], folder);
}

function run(command, args, cwd) {
  const { error, status } = spawnSync(command, args, {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
  });

  if (error || status !== 0) {
    throw error ?? new Error(`"${command} ${args.join(' ')}" failed`);
  }
}
