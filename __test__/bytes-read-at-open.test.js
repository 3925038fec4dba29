'use strict';

// What comes with a request, or with its answer, is read once, and counted once.

const assert = require('node:assert/strict');
const net = require('node:net');
const { test } = require('node:test');
const { OPCODE, buildFrame } = require('./support/frames');
const { listenRaw } = require('./support/raw-peer');
const { listenBeside, listenItself } = require('./support/servers');
const { WebSocket } = require('./support/subject');
const { upgradeRequest } = require('./support/upgrade-request');
const { closeOf, eventOf } = require('./support/waiting');

const REQUEST = Buffer.from(`${upgradeRequest().join('\r\n')}\r\n\r\n`);
const MESSAGE = { opcode: OPCODE.TEXT, payload: 'x'.repeat(1000) };

for (const [kind, listen] of [
  ['a port of its own', listenItself],
  ['an HTTP server', listenBeside],
]) {
  test(`bytesRead of a server with ${kind}`, async (t) => {
    const server = await listen(t);
    const counts = [];
    const closed = new Promise((resolve) => {
      server.on('connection', (subject) => {
        counts.push(subject._socket.bytesRead);
        subject.on('message', () => {
          counts.push(subject._socket.bytesRead);
          subject.terminate();
        });
        subject.on('close', () => {
          counts.push(subject._socket.bytesRead);
          resolve();
        });
      });
    });
    const frame = buildFrame({ ...MESSAGE, mask: true });
    const socket = net.connect(server.address().port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.on('error', () => {}).resume();
    socket.write(Buffer.concat([REQUEST, frame]));
    await closed;

    const length = REQUEST.length + frame.length;
    assert.deepEqual(counts, [length, length, length]);
  });
}

test('bytesRead of a client', async (t) => {
  const frame = buildFrame(MESSAGE);
  const { accept, url } = await listenRaw(t, { firstBytes: frame });
  const subject = new WebSocket(url);
  t.after(() => subject.terminate());
  const counts = [];
  subject.on('open', () => counts.push(subject._socket.bytesRead));
  const message = eventOf(subject, 'message');
  await accept();
  await message;
  counts.push(subject._socket.bytesRead);
  const closed = closeOf(subject);
  subject.terminate();
  await closed;
  counts.push(subject._socket.bytesRead);

  assert.ok(counts[0] > frame.length);
  assert.deepEqual(new Set(counts).size, 1, `${counts}`);
});
