'use strict';

const { once } = require('node:events');
const net = require('node:net');
const { Duplex } = require('node:stream');

const { createDuplexPair } = require('../../support/duplex-pair');
const { buildFrame, OPCODE } = require('../../support/frames');
const { upgradeRequest } = require('../../support/upgrade-request');

const NO_HEAD = Buffer.alloc(0);
const SUBJECT_EVENTS = ['message', 'ping', 'close', 'error'];

module.exports = [
  {
    name: 'nobody listens for connections',
    async play(t) {
      const { wss, port } = await t.server();
      const { socket } = await t.exchange(port, upgradeRequest());
      t.note('clients', wss.clients.size);
      const [websocket] = wss.clients;
      t.watch(websocket, 'subject');
      socket.write(early());
      await t.until('subject message');
    },
  },
  {
    name: 'the answer and a message are written to a Duplex: the calls of write()',
    async play(t) {
      const { stream, upgrade } = byHand(t);
      const write = stream.write;
      stream.write = function writeNoted(chunk, ...rest) {
        t.note('write', chunk, rest.length);
        return write.call(this, chunk, ...rest);
      };
      const websocket = await upgrade();
      websocket.send('text');
      await t.settle();
    },
  },
  {
    name: 'the answer is written through a socket whose write() is replaced',
    async play(t) {
      const { wss, port } = await t.server();
      wss.on('headers', (lines, { socket }) => {
        const write = socket.write;
        socket.write = function writeNoted(chunk, ...rest) {
          t.note('write', typeof chunk === 'string' ? chunk : chunk.length);
          return write.call(this, chunk, ...rest);
        };
      });
      await t.exchange(port, upgradeRequest());
    },
  },
  ...[
    ['no head', () => NO_HEAD],
    ['a frame', early],
    ['half a frame', early],
    ['two frames', () => Buffer.concat([early(), early()])],
    ['a Uint8Array', () => new Uint8Array(early())],
    ['a bad frame', () => Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
  ].map(([name, makeHead]) => ({
    name: `handleUpgrade() over TCP with ${name} as head`,
    async play(t) {
      const whole = makeHead();
      const half = name === 'half a frame' ? 4 : whole.length;
      const head = whole.subarray(0, half);
      const rest = whole.subarray(half);
      const { wss, port } = await t.server();
      wss.handleUpgrade = function overridden(
        request,
        socket,
        given,
        callback,
      ) {
        t.note('given', given);
        const { prototype } = t.ws.WebSocketServer;
        prototype.handleUpgrade.call(this, request, socket, head, callback);
      };
      wss.on('connection', (websocket) => {
        t.watch(websocket, 'subject', { events: SUBJECT_EVENTS });
        t.markers('connection');
      });
      const socket = dial(t, port);
      await t.until('~ immediate after connection');
      if (rest.length > 0) socket.write(rest);
      if (head.length > 0) await t.until(/^subject (message|close)/);
      socket.end();
      await t.until('subject close');
      await t.until('all', { lane: 'raw' });
    },
  })),
  ...[
    ['no head', () => NO_HEAD],
    ['a frame', early],
    ['two frames', () => Buffer.concat([early(), early()])],
  ].map(([name, makeHead]) => ({
    name: `handleUpgrade() of a Duplex with ${name} as head`,
    async play(t) {
      const head = makeHead();
      const { stream, other, upgrade } = byHand(t);
      const websocket = await upgrade(head);
      t.note('same', websocket._socket === stream);
      if (head.length === 0) other.write(early());
      await t.until('subject message');
      t.call('close', () => websocket.close(1000));
      other.end(buildFrame({ opcode: OPCODE.CLOSE, payload: '', mask: true }));
      await t.until('subject close');
    },
  })),
  {
    name: 'handleUpgrade() twice on one socket',
    async play(t) {
      const { wss, stream, request, upgrade } = byHand(t);
      const websocket = await upgrade();
      t.call('again', () =>
        wss.handleUpgrade(request, stream, NO_HEAD, t.callback('second')),
      );
      const other = new t.ws.WebSocketServer({ noServer: true });
      t.call('by another server', () =>
        other.handleUpgrade(request, stream, NO_HEAD, t.callback('third')),
      );
      t.note('listeners', stream.listenerCount('error'));
      t.properties(websocket);
      t.note('clients', wss.clients.size, other.clients.size);
      websocket.terminate();
      await t.until('subject close');
      t.call('after its end', () =>
        wss.handleUpgrade(request, stream, NO_HEAD, t.callback('fourth')),
      );
    },
  },
  {
    name: 'handleUpgrade() twice on one TCP socket, by two servers on one port',
    async play(t) {
      t.catchUncaught();
      const { wss, port } = await t.server();
      const second = new t.ws.WebSocketServer({ server: wss._server });
      t.after(() => second.close());
      wss.on('connection', (websocket) => {
        t.note('first');
        t.watch(websocket, 'subject');
      });
      second.on('connection', t.callback('second'));
      const { socket } = await t.exchange(port, upgradeRequest());
      socket.write(early());
      await t.until('subject message');
    },
  },
  {
    name: 'two servers on one port with paths: the wrong one answers first',
    async play(t) {
      t.catchUncaught();
      const { wss, port } = await t.server({ path: '/one' });
      const second = new t.ws.WebSocketServer({
        server: wss._server,
        path: '/two',
      });
      t.after(() => second.close());
      for (const [name, server] of Object.entries({ wss, second })) {
        server.on('connection', (websocket) => {
          t.note(`connection of ${name}`);
          websocket.on('close', (code) => t.note('close', code));
          websocket.on('error', (error) => t.note('error', error.code));
        });
      }
      await t.exchange(port, upgradeRequest({}, 'GET /two HTTP/1.1'));
      await t.exchange(port, upgradeRequest({}, 'GET /none HTTP/1.1'));
    },
  },
  ...[
    ['destroyed', (stream) => stream.destroy()],
    ['ended by the client', (stream) => stream.push(null)],
    ['ended by the program', (stream) => stream.end()],
    ['not readable', (stream) => (stream.readable = false)],
    ['paused', (stream) => stream.pause()],
  ].map(([name, change]) => ({
    name: `handleUpgrade() of a Duplex that was ${name}`,
    async play(t) {
      const { wss, stream, request } = byHand(t);
      change(stream);
      stream.resume();
      await t.turn();
      t.note('before', stream.readable, stream.writable, stream.destroyed);
      t.call('handleUpgrade', () =>
        wss.handleUpgrade(request, stream, NO_HEAD, t.callback('upgraded')),
      );
      await t.markers('handleUpgrade');
      t.note('after', stream.readable, stream.writable, stream.destroyed);
      t.note('listeners', stream.listenerCount('error'), wss.clients.size);
    },
  })),
  ...[
    ['destroyed', (socket) => socket.destroy()],
    ['ended', (socket) => socket.end()],
  ].map(([name, change]) => ({
    name: `the TCP socket of an upgrade was ${name} by another listener`,
    async play(t) {
      const { wss, port } = await t.server();
      wss.on('connection', t.callback('connection'));
      wss.on('headers', t.callback('headers'));
      wss._server.prependListener('upgrade', (request, socket) => {
        socket.on('close', (hadError) => t.note('close', hadError));
        change(socket);
      });
      await t.exchange(port, upgradeRequest());
      await t.until('close');
    },
  })),
  {
    name: 'a client that ends at once, with its request',
    async play(t) {
      const { wss, port } = await t.server();
      wss.on('connection', (websocket) => t.watch(websocket, 'subject'));
      dial(t, port).end();
      await t.until('subject close');
      await t.until('all', { lane: 'raw' });
      t.note('clients', wss.clients.size);
    },
  },
  {
    name: 'a socket in the class of the program',
    async play(t) {
      const { wss, port } = await t.server();
      class Wrapped extends Duplex {
        constructor(socket) {
          super();
          this.socket = socket;
          socket.on('data', (chunk) => this.push(chunk.map((b) => b ^ 1)));
          socket.on('end', () => this.push(null));
        }
        _read() {}
        _write(chunk, encoding, callback) {
          t.note('write', chunk.toString('latin1'));
          this.socket.write(chunk, callback);
        }
        _final(callback) {
          this.socket.end(callback);
        }
      }
      wss.handleUpgrade = function overridden(request, socket, head, callback) {
        const { prototype } = t.ws.WebSocketServer;
        const wrapped = new Wrapped(socket);
        prototype.handleUpgrade.call(this, request, wrapped, head, callback);
      };
      wss.on('connection', (websocket) => {
        t.watch(websocket, 'subject');
        websocket.on('message', () => websocket.send('answer'));
      });
      const { socket } = await t.exchange(port, upgradeRequest());
      socket.write(early().map((byte) => byte ^ 1));
      socket.on('data', (chunk) => t.lane('raw').note('data', chunk));
      await t.until('data', { lane: 'raw' });
    },
  },
  {
    name: 'the listeners of a socket before and after the upgrade',
    async play(t) {
      const { wss, port } = await t.server();
      const count = (socket) =>
        ['error', 'end', 'close', 'drain', 'timeout', 'finish'].map(
          (event) => `${event} ${socket.listenerCount(event)}`,
        );
      wss.on('headers', (lines, { socket }) => {
        socket.setTimeout(12_345);
        t.note('before', count(socket), socket.timeout);
      });
      const connected = once(wss, 'connection');
      const { socket } = await t.exchange(port, upgradeRequest());
      const [websocket, request] = await connected;
      t.note('after', count(request.socket), request.socket.timeout);
      t.note('socket', request.socket === websocket._socket);
      t.note('states', request.complete, request.destroyed, request.aborted);
      const closed = once(websocket, 'close');
      socket.destroy();
      await closed;
      t.note('at the end', count(request.socket), request.socket.destroyed);
    },
  },
];

/** A frame of its own each time: `ws` takes masks off in place. */
function early() {
  return buildFrame({ opcode: OPCODE.TEXT, payload: 'early', mask: true });
}

/** A server without a port, and a stream for it. */
function byHand(t, options) {
  const [stream, other] = createDuplexPair();
  t.after(() => stream.destroy());
  // Into how many chunks frames are cut is the subject of one scenario, not of each.
  const chunks = [];
  other.on('data', (chunk) => chunks.push(chunk));
  other.on('close', () => {
    t.lane('raw').note('all', Buffer.concat(chunks).toString('latin1'));
  });
  const wss = new t.ws.WebSocketServer({ noServer: true, ...options });
  const headers = {
    upgrade: 'websocket',
    'sec-websocket-key': 'AAECAwQFBgcICQoLDA0ODw==',
    'sec-websocket-version': '13',
  };
  const request = { method: 'GET', url: '/', headers, socket: stream };
  const upgrade = (head = NO_HEAD) =>
    new Promise((resolve) => {
      wss.handleUpgrade(request, stream, head, (websocket, ...rest) => {
        t.note('upgraded', rest.length, rest[0] === request);
        t.watch(websocket, 'subject', { events: SUBJECT_EVENTS });
        resolve(websocket);
      });
    });
  return { wss, stream, other, request, upgrade };
}

/** A client that notes, at its end, all it was sent. */
function dial(t, port) {
  const socket = net.connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  const chunks = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('close', () => {
    t.lane('raw').note('all', Buffer.concat(chunks).toString('latin1'));
  });
  socket.write(`${upgradeRequest().join('\r\n')}\r\n\r\n`);
  return socket;
}
