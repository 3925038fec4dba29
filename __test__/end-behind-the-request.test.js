'use strict';

// The end of a connection that is there with the request, before the server has looked at it.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { FarSocket } = require('./support/far-sockets');
const { OPCODE, buildFrame } = require('./support/frames');
const { listenBeside, listenItself } = require('./support/servers');
const { WebSocket } = require('./support/subject');
const { upgradeRequest } = require('./support/upgrade-request');
const { closeOf, eventOf } = require('./support/waiting');

const READS_ELSEWHERE =
  Number(process.env.HAWSER_IO_THREADS) > 0 ||
  process.env.HAWSER_RESTLESS === '1';

for (const [kind, listen] of [
  ['a port of its own', listenItself],
  ['an HTTP server', listenBeside],
]) {
  test(`a message with the request of a client that has gone is not heard by a server with ${kind}`, async (t) => {
    const server = await listen(t);
    const heard = [];
    server.on('connection', (subject) => {
      subject.on('message', (data) => heard.push(`${data}`));
      subject.on('error', (error) => heard.push(error));
    });
    const connection = eventOf(server, 'connection');

    const far = new FarSocket();
    t.after(() => far.forget());
    far.dial(server.address().port);
    const message = {
      opcode: OPCODE.TEXT,
      payload: 'early'.repeat(14_000),
      mask: true,
    };
    far.write(
      Buffer.concat([
        Buffer.from(`${upgradeRequest().join('\r\n')}\r\n\r\n`),
        buildFrame(message),
      ]),
      'RST',
    );
    const [subject] = await connection;

    assert.equal((await closeOf(subject)).code, 1006);
    assert.deepEqual(heard, []);
  });
}

test(
  'a FIN is heard when the loop comes round, though much came before it',
  { skip: READS_ELSEWHERE && 'an I/O thread reads in its own time' },
  async (t) => {
    const server = await listenItself(t);
    const lengths = [];
    const states = new Promise((resolve) => {
      server.on('connection', (subject) => {
        subject.on('message', (data) => lengths.push(data.length));
        setImmediate(() => resolve([subject.readyState, ...lengths]));
      });
    });

    const far = new FarSocket();
    t.after(() => far.forget());
    far.dial(server.address().port);
    const message = { opcode: OPCODE.BINARY, payload: Buffer.alloc(16_000) };
    far.write(
      Buffer.concat([
        Buffer.from(`${upgradeRequest().join('\r\n')}\r\n\r\n`),
        buildFrame({ ...message, mask: true }),
      ]),
      'FIN',
    );

    assert.deepEqual(await states, [WebSocket.OPEN, 16_000]);
  },
);
