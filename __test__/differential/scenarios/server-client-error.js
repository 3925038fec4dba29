'use strict';

const { createDuplexPair } = require('../../support/duplex-pair');
const { upgradeRequest } = require('../../support/upgrade-request');

/** What makes a server complain, and what it answers if nobody listens. */
const FAULTS = [
  ['method', {}, 'POST / HTTP/1.1'],
  ['upgrade', { Upgrade: 'h2c' }],
  ['key', { 'Sec-WebSocket-Key': 'x' }],
  ['no key', { 'Sec-WebSocket-Key': null }],
  ['version', { 'Sec-WebSocket-Version': '12' }],
  ['no version', { 'Sec-WebSocket-Version': null }],
  ['protocol', { 'Sec-WebSocket-Protocol': 'a, a' }],
  ['extensions', { 'Sec-WebSocket-Extensions': 'a; b=' }],
  ['parameter', { 'Sec-WebSocket-Extensions': 'permessage-deflate; unknown' }],
];

module.exports = [
  ...FAULTS.map(([name, changes, requestLine]) => ({
    name: `wsClientError instead of an answer: ${name}`,
    async play(t) {
      const { wss, port } = await t.server({ perMessageDeflate: true });
      wss.on('wsClientError', (error, socket, request) => {
        t.note('wsClientError', error, socket, request);
        t.note('error', Object.keys(error), error.code, error.cause);
        t.note('same socket', socket === request.socket);
        t.note('request', request.method, request.url, request.headers);
        t.note('socket', socket.destroyed, socket.writableEnded);
        t.note('listeners', socket.listenerCount('error'));
        socket.end('HTTP/1.1 499 Of The Program\r\nConnection: close\r\n\r\n');
      });
      await t.exchange(port, upgradeRequest(changes, requestLine));
    },
  })),
  ...['path', 'verifyClient', 'verifyClient, later', 'closing'].map((name) => ({
    name: `no wsClientError: ${name}`,
    async play(t) {
      const options = {
        path: { path: '/other' },
        verifyClient: { verifyClient: () => false },
        'verifyClient, later': {
          verifyClient: (info, decide) => decide(false),
        },
        closing: {},
      }[name];
      const { wss, port } = await t.server(options);
      wss.on('wsClientError', t.callback('wsClientError'));
      if (name === 'closing') wss._state = 1;
      await t.exchange(port, upgradeRequest());
      wss._state = 0;
    },
  })),
  {
    name: 'all listeners of wsClientError are called, with the server as this',
    async play(t) {
      const { wss, port } = await t.server();
      const lane = t.lane('subject');
      wss.on('wsClientError', function first(...args) {
        lane.note('first', args.length, this === wss);
      });
      wss.once('wsClientError', (error, socket) => {
        t.note('second', error.message);
        socket.destroy();
      });
      wss.on('wsClientError', (error, socket) => {
        t.note('third', error.message, socket.destroyed);
        if (!socket.destroyed) socket.end();
      });
      const faulty = upgradeRequest({ 'Sec-WebSocket-Key': null });
      await t.exchange(port, faulty);
      await t.exchange(port, faulty);
    },
  },
  {
    name: 'a wsClientError listener that has been removed',
    async play(t) {
      const { wss, port } = await t.server();
      const listener = t.callback('wsClientError');
      wss.on('wsClientError', listener);
      wss.off('wsClientError', listener);
      await t.exchange(port, upgradeRequest({ 'Sec-WebSocket-Key': null }));
    },
  },
  {
    name: 'a wsClientError listener that throws',
    async play(t) {
      t.catchUncaught();
      const { wss, port } = await t.server();
      wss.on('wsClientError', (error, socket) => {
        setImmediate(() => socket.destroy());
        throw error;
      });
      await t.exchange(port, upgradeRequest({ 'Sec-WebSocket-Key': null }));
    },
  },
  {
    name: 'listenerCount() decides, whoever gives it',
    async play(t) {
      class Overridden extends t.ws.WebSocketServer {
        listenerCount(name) {
          t.note('listenerCount', name);
          return super.listenerCount(name) + 1;
        }
        emit(name, ...args) {
          t.note('emit', name, ...args);
          if (name === 'wsClientError') args[1].end('by emit()');
          return super.emit(name, ...args);
        }
      }
      const { port } = await t.server({}, { WebSocketServer: Overridden });
      await t.exchange(port, upgradeRequest({ 'Sec-WebSocket-Key': null }));
    },
  },
  {
    name: 'the stack of the error begins at the server',
    async play(t) {
      const { wss, port } = await t.server();
      wss.on('wsClientError', ({ stack, name }, socket) => {
        t.note('stack', stack.split('\n')[0], name);
        t.note(
          'frame',
          /at \S*\.handleUpgrade /.exec(stack.split('\n')[1])?.[0],
        );
        socket.destroy();
      });
      await t.exchange(port, upgradeRequest({ Upgrade: 'no' }));
    },
  },
  {
    name: 'the socket of a wsClientError may break before it is answered',
    async play(t) {
      const { wss, port } = await t.server();
      wss.on('wsClientError', (error, socket) => {
        socket.on('close', (hadError) => t.note('close', hadError));
        t.call('emit', () => socket.emit('error', new Error('broken')));
        t.note('destroyed', socket.destroyed);
      });
      await t.exchange(port, upgradeRequest({ 'Sec-WebSocket-Key': null }));
      await t.until('close');
    },
  },
  {
    name: 'wsClientError of a request that was handed over by hand',
    async play(t) {
      const [stream, other] = createDuplexPair();
      other.on('data', (chunk) => t.lane('raw').note('data', `${chunk}`));
      const wss = new t.ws.WebSocketServer({ noServer: true });
      const request = { method: 'PUT', url: '/', headers: {}, socket: other };
      wss.on('wsClientError', (error, socket, ...rest) => {
        t.note('wsClientError', error, socket === stream, rest[0] === request);
        socket.end('answer');
      });
      wss.handleUpgrade(request, stream, Buffer.alloc(0), t.callback('no'));
      await t.until('data', { lane: 'raw' });
      t.note('listeners', stream.listenerCount('error'));
      stream.destroy();
    },
  },
];
