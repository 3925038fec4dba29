'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { forOlderGlibc } = require('../peers/older-glibc');
const { FLOOR, PEERS } = require('./setup');

const PACKAGES = path.join(PEERS, 'node_modules');
const SERVERS = path.join(__dirname, '..', 'servers');
/** Garbage collection on demand changes nothing as long as nobody demands it. */
const NODE = [process.execPath, '--expose-gc'];

/**
 * A server, or a client, that is measured.
 *
 * @typedef {object} Contestant
 * @property {string} id
 * @property {string} name
 * @property {'hawser' | 'peer' | 'floor'} kind a floor is no peer: there is no JavaScript in it
 * @property {string[]} command of the server program
 * @property {Record<string, string>} env
 * @property {boolean} client whether it has the API of `ws`, and so a client
 * @property {boolean} onCurves whether the scaling curves show it
 * @property {boolean} compresses
 * @property {string} version
 */

module.exports = { findContestants };

/**
 * @returns {{ contestants: Contestant[], missing: { name: string, reason: string }[] }} what can be measured here, and
 *     what cannot and why
 */
function findContestants() {
  const missing = [];
  const contestants = [
    ...likeWs(),
    uWebSockets(missing),
    bun(missing),
    floor(),
  ].filter((contestant) => contestant !== null);

  return { contestants, missing };
}

function likeWs() {
  const ws = { BENCH_MODULE: path.join(PACKAGES, 'ws') };
  const { version } = require(path.join(PACKAGES, 'ws', 'package.json'));
  const own = require('../../package.json').version;
  const variants = [
    ['ws', 'ws', 'peer', { ...ws, WS_NO_BUFFER_UTIL: '1' }],
    ['ws-bufferutil', 'ws + bufferutil', 'peer', ws],
    ['hawser-loop', 'hawser, event loop', 'hawser', { HAWSER_IO_THREADS: '0' }],
    [
      'hawser-thread',
      'hawser, 1 I/O thread',
      'hawser',
      { HAWSER_IO_THREADS: '1' },
    ],
    ['hawser-stream', 'hawser, stream', 'hawser', { HAWSER_TAKEOVER: '0' }],
    ['hawser', 'hawser, as it comes', 'hawser', {}],
  ];

  return variants.map(([id, name, kind, env]) => ({
    id,
    name,
    kind,
    env,
    command: [...NODE, path.join(SERVERS, 'ws.js')],
    client: true,
    compresses: true,
    onCurves: ['ws-bufferutil', 'hawser-loop', 'hawser-thread'].includes(id),
    version: kind === 'hawser' ? own : version,
  }));
}

function uWebSockets(missing) {
  const name = 'uWebSockets.js';
  const folder = path.join(PACKAGES, '@btc-vision', 'uwebsockets.js');
  const found = loadable(folder) ?? loadable(forThisGlibc(folder));

  if (found === null) {
    missing.push({ name, reason: 'its binary does not load here' });
    return null;
  }

  return {
    id: 'uws',
    name,
    kind: 'peer',
    env: { BENCH_MODULE: found },
    command: [...NODE, path.join(SERVERS, 'uwebsockets.js')],
    client: false,
    compresses: true,
    onCurves: true,
    version: require(path.join(folder, 'package.json')).version,
  };
}

function forThisGlibc(folder) {
  const { arch, platform, versions } = process;
  const file = `uws_${platform}_${arch}_${versions.modules}.node`;
  const target = path.join(PACKAGES, file);

  try {
    forOlderGlibc(path.join(folder, file), target);
    return target;
  } catch {
    return null;
  }
}

function loadable(file) {
  if (file === null) return null;

  const { status } = spawnSync(process.execPath, [
    '-e',
    `require(${JSON.stringify(file)})`,
  ]);

  return status === 0 ? file : null;
}

function bun(missing) {
  const program = path.join(PACKAGES, '@oven', 'bun-linux-x64', 'bin', 'bun');
  const { status, stdout } = spawnSync(program, ['--version']);

  if (status !== 0) {
    missing.push({
      name: 'Bun',
      reason: fs.existsSync(program)
        ? 'its program does not run here'
        : 'its package is for Linux on x64',
    });
    return null;
  }

  return {
    id: 'bun',
    name: 'Bun',
    kind: 'peer',
    env: {},
    command: [program, path.join(SERVERS, 'bun.js')],
    client: false,
    compresses: true,
    onCurves: true,
    version: stdout.toString().trim(),
  };
}

function floor() {
  return {
    id: 'floor',
    name: 'tokio-tungstenite (no JavaScript)',
    kind: 'floor',
    env: {},
    command: [FLOOR],
    client: false,
    compresses: false,
    onCurves: false,
    version: tungsteniteVersion(),
  };
}

function tungsteniteVersion() {
  const lock = path.join(__dirname, '..', 'loadgen', 'Cargo.lock');
  const text = fs.readFileSync(lock, 'utf8');

  return /name = "tokio-tungstenite"\nversion = "([^"]+)"/.exec(text)[1];
}
