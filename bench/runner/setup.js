'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const LOADGEN_FOLDER = path.join(__dirname, '..', 'loadgen');
const PEERS = path.join(__dirname, '..', 'peers');
const FLOOR = path.join(LOADGEN_FOLDER, 'target', 'release', 'floor');
const LOADGEN = path.join(LOADGEN_FOLDER, 'target', 'release', 'loadgen');

module.exports = { FLOOR, LOADGEN, PEERS, setUpBench };

/**
 * Gets what the bench needs besides hawser: the peers, into a folder of their own, and the load generator. What is
 * there and up to date is left alone.
 */
function setUpBench() {
  if (process.platform !== 'linux') {
    fail('The bench reads /proc and uses epoll: it runs on Linux only.');
  }

  installPeers();
  run('cargo', ['build', '--release', '--locked', '--quiet'], LOADGEN_FOLDER);
}

function installPeers() {
  const lock = path.join(PEERS, 'package-lock.json');
  const installed = path.join(PEERS, 'node_modules', '.installed');
  const wanted = fs.readFileSync(lock, 'utf8');

  if (fs.existsSync(installed)) {
    if (fs.readFileSync(installed, 'utf8') === wanted) return;
  }

  // All of them bring their binaries along.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], PEERS);
  fs.writeFileSync(installed, wanted);
}

function run(command, args, cwd) {
  const { error, status } = spawnSync(command, args, {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
  });

  if (error || status !== 0) {
    fail(`"${command} ${args.join(' ')}" failed${error ? `: ${error}` : '.'}`);
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
