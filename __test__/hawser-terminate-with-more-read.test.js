'use strict';

// hawser only: `ws` inflates later, when the connection is gone.

const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const net = require('node:net');
const { test } = require('node:test');
const { constants, deflateRawSync } = require('node:zlib');
const { stopServer } = require('./support/connections');
const { OPCODE, buildFrame } = require('./support/frames');
const { WebSocketServer } = require('./support/subject');
const { upgradeRequest } = require('./support/upgrade-request');
const { closeOf, eventOf } = require('./support/waiting');

const ROUNDS = 10;
const NO_TAKEOVER =
  'permessage-deflate; server_no_context_takeover; client_no_context_takeover';

test('what was read in one piece is heard to its end, though a listener sends much and terminates', async (t) => {
  const large = Buffer.concat([randomBytes(40_000), Buffer.alloc(100_000)]);
  const frames = Buffer.concat([
    buildFrame({ opcode: OPCODE.BINARY, payload: 'hi', mask: true }),
    compressedFrame(large),
  ]);
  const request = upgradeRequest({ 'Sec-WebSocket-Extensions': NO_TAKEOVER });
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    perMessageDeflate: { threshold: 0 },
  });
  t.after(() => stopServer(server));
  await eventOf(server, 'listening');

  for (let round = 0; round < ROUNDS; round++) {
    const peer = net.connect(server.address().port, '127.0.0.1');
    peer.on('error', () => {});
    peer.write(`${request.join('\r\n')}\r\n\r\n`);
    const [websocket] = await eventOf(server, 'connection');
    const lengths = [];
    websocket.on('message', (data) => {
      if (lengths.push(data.length) > 1) return;
      websocket.send(Buffer.alloc(200_000, 'a'));
      websocket.terminate();
    });
    peer.once('data', () => peer.write(frames));

    assert.equal((await closeOf(websocket)).code, 1006);
    assert.deepEqual(lengths, [2, large.length]);
    peer.destroy();
  }
});

function compressedFrame(data) {
  const { Z_SYNC_FLUSH } = constants;
  const payload = deflateRawSync(data, { finishFlush: Z_SYNC_FLUSH });
  return buildFrame({
    opcode: OPCODE.BINARY,
    payload: payload.subarray(0, -4),
    rsv1: true,
    mask: true,
  });
}
