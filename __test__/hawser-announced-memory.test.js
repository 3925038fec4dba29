'use strict';

// hawser only: how much memory messages get before they have arrived.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { connectRawClient } = require('./support/raw-peer');
const { buildFrame, OPCODE } = require('./support/frames');
const { startServer } = require('./support/connections');
const { WebSocketServer } = require('./support/subject');
const { until } = require('./support/waiting');

const MB = 1024 * 1024;
const PEERS = 100;
/** A sixteenth of a message is enough to be believed. */
const BEGINNING = 70 * 1024;

test('messages that many peers begin at the same time get no memory for all they announce', async (t) => {
  const { wss, port } = await startServer(t, { WebSocketServer });
  const payload = Buffer.alloc(MB, 'a');
  const frame = buildFrame({ opcode: OPCODE.BINARY, payload, mask: true });
  const before = process.memoryUsage().arrayBuffers;
  const received = [];
  wss.on('connection', (ws) => ws.on('message', (data) => received.push(data)));

  const peers = [];
  for (let i = 0; i < PEERS; i++) {
    const peer = await connectRawClient(t, port);
    peer.write(frame.subarray(0, BEGINNING));
    peers.push(peer);
  }
  const read = () =>
    [...wss.clients].every((ws) => ws._socket.bytesRead >= BEGINNING);
  await until(read, 'not all has been read');

  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < 50 * MB, `${grown} bytes for ${PEERS * BEGINNING}`);

  for (const peer of peers) peer.write(frame.subarray(BEGINNING));
  await until(() => received.length === PEERS, 'messages are missing');
  assert.ok(received.every((data) => data.equals(payload)));
});
