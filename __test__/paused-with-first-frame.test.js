'use strict';

// The first frame comes in the same read as the handshake, and the listener of
// that pauses.

const assert = require('node:assert/strict');
const net = require('node:net');
const { test } = require('node:test');
const { stopServer } = require('./support/connections');
const { WebSocket, WebSocketServer } = require('./support/subject');
const { OPCODE, buildFrame } = require('./support/frames');
const { listenRaw } = require('./support/raw-peer');
const { upgradeRequest } = require('./support/upgrade-request');
const { closeOf, eventOf } = require('./support/waiting');

const GREETING = buildFrame({ opcode: OPCODE.TEXT, payload: 'hello' });

test('it waits for resume()', async (t) => {
  const { peer, subject } = await connectAndPause(t);
  const messages = [];
  subject.on('message', (data) => messages.push(data.toString()));

  subject.ping();
  await peer.firstFrames(1);
  assert.deepEqual(messages, []);
  subject.resume();
  if (messages.length === 0) await eventOf(subject, 'message');

  assert.deepEqual(messages, ['hello']);
});

test('it still waits if resume() is taken back at once', async (t) => {
  const { peer, subject } = await connectAndPause(t);
  const messages = [];
  subject.on('message', (data) => messages.push(data.toString()));

  subject.resume();
  subject.pause();
  subject.ping();
  await peer.firstFrames(1);
  subject.resume();
  if (messages.length === 0) await eventOf(subject, 'message');

  assert.deepEqual(messages, ['hello']);
});

test('it comes before the close of a peer that goes away', async (t) => {
  const { peer, subject } = await connectAndPause(t);
  const events = [];
  subject.on('message', (data) => events.push(data.toString()));
  subject.on('close', (code) => events.push(code));
  const closed = closeOf(subject);

  peer.socket.resetAndDestroy();
  await closed;

  assert.deepEqual(events, ['hello', 1006]);
});

for (const [end, leave] of [
  ['resumed', (subject) => subject.resume()],
  ['terminated', (subject) => subject.terminate()],
]) {
  test(`what comes with a request is heard, and first, by a server that paused and has ${end}`, async (t) => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    t.after(() => stopServer(server));
    await eventOf(server, 'listening');
    const events = [];
    const connection = eventOf(server, 'connection');
    server.on('connection', (subject) => {
      subject.pause();
      subject.on('message', (data) => events.push(data.toString()));
    });

    const socket = net.connect(server.address().port, '127.0.0.1').resume();
    socket.on('error', () => {});
    socket.write(
      Buffer.concat([
        Buffer.from(`${upgradeRequest().join('\r\n')}\r\n\r\n`),
        maskedText('one'),
        maskedText('two'),
      ]),
    );
    const [subject] = await connection;
    const closed = closeOf(subject);
    await new Promise((resolve) => {
      subject.ping(resolve);
    });
    assert.deepEqual(events, []);
    leave(subject);
    socket.write(maskedText('last'), () => socket.destroy());
    await closed;

    assert.deepEqual(events.slice(0, 2), ['one', 'two']);
  });
}

function maskedText(payload) {
  return buildFrame({ opcode: OPCODE.TEXT, payload, mask: true });
}

async function connectAndPause(t) {
  const { accept, url } = await listenRaw(t, { firstBytes: GREETING });
  const subject = new WebSocket(url);
  t.after(() => subject.terminate());
  const opened = eventOf(subject, 'open');
  subject.once('open', () => subject.pause());
  const peer = await accept();
  await opened;

  return { peer, subject };
}
