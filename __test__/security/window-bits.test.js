'use strict';

// Window bits that zlib has no window for, in an offer or in an answer.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const zlib = require('node:zlib');
const { connectRaw, startServer } = require('../support/connections');
const { OPCODE } = require('../support/frames');
const { exchange } = require('../support/raw-http');
const { SeededRandom } = require('../support/random');
const { listenRaw } = require('../support/raw-peer');
const subject = require('../support/subject');
const { upgradeRequest } = require('../support/upgrade-request');
const { eventOf } = require('../support/waiting');

const { WebSocket } = subject;

const BAD = [
  '7',
  '16',
  '0',
  '-8',
  '15.5',
  '1e1x',
  'true',
  '99999999999999999999',
  '2147483663',
  '4294967304',
  'NaN',
  '"x"',
];
const PARAMETERS = ['server_max_window_bits', 'client_max_window_bits'];

test('an offer of window bits that there are not is refused', async (t) => {
  const { port } = await startServer(t, subject, { perMessageDeflate: true });

  for (const parameter of PARAMETERS) {
    for (const value of BAD) {
      const offer = `permessage-deflate; ${parameter}=${value}`;
      for (const header of [offer, `permessage-deflate, ${offer}`]) {
        const { status } = await exchange(
          t,
          port,
          upgradeRequest({ 'Sec-WebSocket-Extensions': header }),
        );
        assert.equal(status, 400, header);
      }
    }
  }
});

test('an answer of window bits that there are not is refused', async (t) => {
  for (const parameter of PARAMETERS) {
    for (const value of BAD) {
      const listener = await listenRaw(t, {
        headers: [
          `Sec-WebSocket-Extensions: permessage-deflate; ${parameter}=${value}`,
        ],
      });
      const client = new WebSocket(listener.url);
      const failed = eventOf(client, 'error');
      const closed = eventOf(client, 'close');
      await listener.accept();
      assert.equal(
        (await failed)[0].message,
        'Invalid Sec-WebSocket-Extensions header',
        value,
      );
      await closed;
    }
  }
});

test('an answer that asks for more than was offered is refused', async (t) => {
  for (const [options, answer] of [
    [{ clientMaxWindowBits: 10 }, 'client_max_window_bits=11'],
    [{ clientMaxWindowBits: false }, 'client_max_window_bits=10'],
    [{ clientNoContextTakeover: false }, 'client_no_context_takeover'],
    [{}, 'client_max_window_bits'],
    [{}, 'server_no_context_takeover=1'],
    [{}, 'server_max_window_bits=10; server_max_window_bits=10'],
  ]) {
    const listener = await listenRaw(t, {
      headers: [`Sec-WebSocket-Extensions: permessage-deflate; ${answer}`],
    });
    const client = new WebSocket(listener.url, { perMessageDeflate: options });
    const failed = eventOf(client, 'error');
    const closed = eventOf(client, 'close');
    await listener.accept();
    assert.match((await failed)[0].message, /Extensions/, answer);
    await closed;
  }
});

for (const bits of [8, 9, 15]) {
  test(`a client that was told a window of 2^${bits} bytes uses no larger one`, async (t) => {
    const { subject: client, raw } = await connectRaw(t, 'client', {
      headers: [
        `Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=${bits}`,
      ],
      subject: { perMessageDeflate: { threshold: 0 } },
    });
    // The second half can only be had from a window that reaches the first.
    const half = new SeededRandom(bits).bytes(2 ** bits + 300);
    const message = Buffer.concat([half, half]);

    client.send(message);

    const [{ payload }] = await raw.firstFrames(1);
    const data = Buffer.concat([payload, Buffer.from('0000ffff', 'hex')]);
    const inflated = zlib.inflateRawSync(data, {
      // zlib has no raw stream of 8 bits, and nor has Node's compressor.
      windowBits: Math.max(9, bits),
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
    });
    assert.deepEqual(inflated, message);
  });
}

test('data that reaches further back than the window brings no other memory', async (t) => {
  const { subject: client, raw } = await connectRaw(t, 'client', {
    headers: [
      'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9',
    ],
  });
  const half = new SeededRandom(1).bytes(4000);
  const message = Buffer.concat([half, half]);
  const outcome = new Promise((resolve) => {
    client.on('message', resolve);
    client.on('error', ({ code }) => resolve(code));
  });

  raw.send({ opcode: OPCODE.BINARY, rsv1: true, payload: deflate(message) });

  const received = await outcome;
  if (received !== 'Z_DATA_ERROR') assert.deepEqual(received, message);
});

test('data that reaches further back than anything was sent is refused', async (t) => {
  const { subject: client, raw } = await connectRaw(t, 'client', {
    headers: ['Sec-WebSocket-Extensions: permessage-deflate'],
  });
  const failed = eventOf(client, 'error');
  const dictionary = new SeededRandom(1).bytes(1000);

  const payload = deflate(dictionary, { dictionary });
  assert.ok(payload.length < 100);
  raw.send({ opcode: OPCODE.BINARY, rsv1: true, payload });

  assert.equal((await failed)[0].code, 'Z_DATA_ERROR');
  await raw.end();
  assert.equal(raw.closeCode, 1007);
});

function deflate(data, options) {
  const finishFlush = zlib.constants.Z_SYNC_FLUSH;
  return zlib.deflateRawSync(data, { ...options, finishFlush }).subarray(0, -4);
}
