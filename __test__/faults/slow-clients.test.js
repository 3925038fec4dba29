'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Peer, startServer } = require('../support/connections');
const { OPCODE, buildFrame } = require('../support/frames');
const { connectRawClient } = require('../support/raw-peer');
const { open } = require('../support/servers');
const { WebSocket } = require('../support/subject');
const { eventOf, until } = require('../support/waiting');

const SLOW = 8;
const ECHOES = 300;
const MUCH = Buffer.alloc(16 * 1024 * 1024);

test('clients that neither read on nor finish their frames keep nobody else from being served', async (t) => {
  const { wss, port, url } = await startServer(t, WebSocket);
  const served = [];
  wss.on('connection', (connection) => {
    served.push(connection);
    connection.on('error', () => {});
    connection.on('message', (data) => connection.send(data));
  });

  for (let i = 0; i < SLOW; i++) {
    const raw = await connectRawClient(t, port);
    raw.socket.pause();
    const frame = buildFrame({
      opcode: OPCODE.BINARY,
      payload: Buffer.alloc(200_000),
      mask: true,
    });
    raw.write(frame.subarray(0, -1));
  }
  const slow = [...served];
  for (const connection of slow) connection.send(MUCH);
  await until(
    () => slow.every(({ bufferedAmount }) => bufferedAmount > 0),
    'everything was taken',
  );

  const other = await open(t, url, Peer);
  for (let i = 0; i < ECHOES; i++) {
    other.send(`${i}`);
    assert.equal(String((await eventOf(other, 'message'))[0]), `${i}`);
  }

  for (const connection of slow) {
    assert.equal(connection.readyState, WebSocket.OPEN);
    assert.ok(connection.bufferedAmount > 0, 'it was slow no more');
  }
});
