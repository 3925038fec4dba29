'use strict';

// The variables that say what `configure()` does; `ws` has none.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { test } = require('node:test');
const { inRoot } = require('../../scripts/setup/root');

const SWITCHES = ['HAWSER_TAKEOVER', 'HAWSER_NATIVE_HANDSHAKE'];
const LIMITS = [
  'HAWSER_MAX_INBOUND_BYTES',
  'HAWSER_MAX_OUTBOUND_BYTES',
  'HAWSER_MAX_DEFLATE_CONTEXTS',
];

for (const [variable, value] of [
  ['HAWSER_IO_THREADS', 'many'],
  ['HAWSER_IO_THREADS', '65'],
  ['HAWSER_IO_THREADS', '-1'],
  ...SWITCHES.flatMap((variable) =>
    ['2', 'false', 'no', ' 0'].map((value) => [variable, value]),
  ),
  ...LIMITS.flatMap((variable) =>
    ['-1', '1.5', '64MB'].map((value) => [variable, value]),
  ),
]) {
  test(`${variable}="${value}" is refused by its name`, () => {
    const { error } = settingsWith({ [variable]: value });

    assert.equal(error?.code, 'ERR_INVALID_ARG_VALUE');
    assert.ok(error.message.startsWith(`${variable} must be `), error.message);
    assert.ok(error.message.endsWith(`, not ${value}`), error.message);
  });
}

for (const [values, expected] of [
  [{}, { takeover: true, nativeHandshake: true }],
  [
    { HAWSER_TAKEOVER: '', HAWSER_NATIVE_HANDSHAKE: '', HAWSER_IO_THREADS: '' },
    { takeover: true, nativeHandshake: true },
  ],
  [
    { HAWSER_TAKEOVER: '1', HAWSER_NATIVE_HANDSHAKE: '1' },
    { takeover: true, nativeHandshake: true },
  ],
  [{ HAWSER_TAKEOVER: '0' }, { takeover: false, nativeHandshake: true }],
  [
    { HAWSER_NATIVE_HANDSHAKE: '0', HAWSER_MAX_INBOUND_BYTES: '1000' },
    { takeover: true, nativeHandshake: false },
  ],
]) {
  test(`${JSON.stringify(values)} sets ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(settingsWith(values), { settings: expected });
  });
}

test('HAWSER_MAX_DEFLATE_CONTEXTS limits compression as configure() does', () => {
  assert.match(extensionsWith('2'), /^permessage-deflate/);
  assert.equal(extensionsWith('1'), '');
});

/** What a process with these variables and no other of ours has set, or what loading hawser throws there. */
function settingsWith(values) {
  return JSON.parse(
    runWith(
      values,
      `let result;
      try {
        require(${JSON.stringify(inRoot('index.js'))});
        result = { settings: require(${JSON.stringify(inRoot('lib', 'settings.js'))}) };
      } catch ({ code, message }) {
        result = { error: { code, message } };
      }
      console.log(JSON.stringify(result));`,
    ),
  );
}

/** What a server that compresses agrees to with a client that does not count: that of `ws`. */
function extensionsWith(contexts) {
  return runWith(
    { HAWSER_MAX_DEFLATE_CONTEXTS: contexts },
    `const { WebSocketServer } = require(${JSON.stringify(inRoot('index.js'))});
    const WebSocket = require(${JSON.stringify(require.resolve('ws'))});
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: true });
    server.on('listening', () => {
      const client = new WebSocket('ws://127.0.0.1:' + server.address().port);
      client.on('open', () => {
        console.log(client.extensions);
        client.close();
        server.close();
      });
    });`,
  ).trim();
}

function runWith(values, program) {
  const others = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('HAWSER_') && !name.startsWith('NODE_TEST'),
  );
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['-e', program],
    { env: { ...Object.fromEntries(others), ...values }, encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  return stdout;
}
