'use strict';

const https = require('node:https');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const tls = require('node:tls');

const { createDuplexPair } = require('../../support/duplex-pair');
const { upgradeRequest } = require('../../support/upgrade-request');

const CERTIFICATES = path.join(__dirname, '../../support/tls');

module.exports = [
  ...[true, false, 1, 0, '', 'yes', null, undefined, {}, NaN].map(
    (verdict) => ({
      name: `one parameter: the verdict ${typeof verdict} ${verdict}`,
      async play(t) {
        await admit(t, { verifyClient: (info) => (void info, verdict) });
      },
    }),
  ),
  {
    name: 'one parameter: a promise is a yes',
    async play(t) {
      await admit(t, { verifyClient: async () => false });
    },
  },
  ...[true, false, 1, 0, '', 'yes', null, undefined].map((verdict) => ({
    name: `two parameters: the verdict ${typeof verdict} ${verdict}`,
    async play(t) {
      await admit(t, { verifyClient: (info, decide) => decide(verdict) });
    },
  })),
  ...[
    [403],
    [404, 'Nobody here'],
    [401, ''],
    [403, undefined, { 'X-Why': 'because' }],
    [403, 'Ümläut', { 'X-One': 1, 'X-Two': ['a', 'b'] }],
    [503, 'later', { 'Retry-After': 120, Connection: 'keep-alive, close' }],
    [401, 'text', { 'Content-Length': 2, 'Content-Type': 'text/plain' }],
    [401, 'twice', { 'content-type': 'text/plain' }],
    [403, 'x', { [Symbol('s')]: 1, constructor: 'own' }],
    [403, 'x', Object.create({ inherited: 'yes' })],
    [403, 'x', null],
    [403, 'x', 'ab'],
    [403, 'x', ['a', 'b']],
    [299],
    [299, 'of my own'],
    ['403'],
    [0, 'no code'],
    [NaN],
    [-1, 'negative'],
    [200, 'fine?'],
    [403, 12345],
    [403, { toString: () => 'object' }],
    [403, Buffer.from('bytes')],
    [403, 'line\r\nbreaks\r\n\r\n'],
  ].map(([code, message, headers], index) => ({
    name: `two parameters: a refusal, number ${index}, with ${String(code)}`,
    async play(t) {
      t.catchUncaught();
      await admit(t, {
        verifyClient(info, decide) {
          setImmediate(() => info.req.socket.destroySoon());
          t.call('decide', () => decide(false, code, message, headers));
        },
      });
    },
  })),
  ...['tick', 'microtask', 'immediate'].map((kind) => ({
    name: `two parameters: an answer in a later ${kind}`,
    async play(t) {
      const later = {
        tick: process.nextTick,
        microtask: queueMicrotask,
        immediate: setImmediate,
      }[kind];
      await admit(t, {
        verifyClient(info, decide) {
          t.note('asked');
          later(() => t.call('decide', () => decide(true)));
          t.markers('asked');
        },
      });
    },
  })),
  {
    name: 'two parameters: messages wait for the answer',
    async play(t) {
      let decide;
      const { wss, port } = await t.server({
        verifyClient: (info, callback) => {
          t.note('asked');
          decide = callback;
        },
      });
      wss.on('connection', (websocket) => {
        t.watch(websocket, 'subject');
      });
      const frame = Buffer.from('8185000000006561726c79', 'hex');
      const answered = t.exchange(
        port,
        Buffer.concat([
          Buffer.from(`${upgradeRequest().join('\r\n')}\r\n\r\n`),
          frame,
        ]),
      );
      await t.until('asked');
      await t.turn();
      decide(true);
      const { socket } = await answered;
      socket.write(frame);
      await t.until('subject message', { count: 2 });
    },
  },
  ...['true', 'false'].map((verdict) => ({
    name: `two parameters: the client has gone before the answer ${verdict}`,
    async play(t) {
      let decide;
      const { wss, port } = await t.server({
        verifyClient: ({ req }, callback) => {
          decide = callback;
          req.socket.on('close', () => t.note('socket close'));
          req.socket.on('end', () => t.note('socket end'));
          // Without a reader nobody would see the end of the client.
          req.socket.resume();
          t.note('asked');
        },
      });
      wss.on('connection', t.callback('connection'));
      wss.on('headers', t.callback('headers'));
      const socket = tcp(t, port);
      await t.until('asked');
      socket.end();
      await t.until('socket end');
      t.call('decide', () => decide(verdict === 'true'));
      await t.until('socket close');
    },
  })),
  ...[true, false].map((verdict) => ({
    name: `two parameters: the socket was destroyed, then the answer ${verdict}`,
    async play(t) {
      t.catchUncaught();
      const { wss, port } = await t.server({
        verifyClient({ req }, decide) {
          req.socket.on('close', () => t.note('socket close'));
          req.socket.destroy();
          t.call('decide', () => decide(verdict));
          t.note('destroyed', req.socket.destroyed);
        },
      });
      wss.on('connection', t.callback('connection'));
      await t.exchange(port, upgradeRequest());
      await t.until('socket close');
      t.call('clients', () => wss.clients.size);
    },
  })),
  {
    name: 'two parameters: the program answered by itself',
    async play(t) {
      t.catchUncaught();
      const { wss, port } = await t.server({
        verifyClient({ req: { socket } }, decide) {
          socket.end('HTTP/1.1 302 Found\r\nConnection: close\r\n\r\n');
          t.call('decide', () => decide(false, 400));
          t.call('decide', () => decide(true));
        },
      });
      wss.on('connection', t.callback('connection'));
      await t.exchange(port, upgradeRequest());
    },
  },
  {
    name: 'two parameters: two answers',
    async play(t) {
      await admit(t, {
        verifyClient(info, decide) {
          t.call('first', () => decide(true));
          t.call('second', () => decide(true));
        },
      });
    },
  },
  {
    name: 'two parameters: the server is closed meanwhile',
    async play(t) {
      const { wss, port } = await t.server({
        verifyClient(info, decide) {
          wss.close(t.callback('closed'));
          decide(true);
        },
      });
      wss.on('connection', t.callback('connection'));
      await t.exchange(port, upgradeRequest());
      await t.until('closed');
    },
  },
  ...[false, true].map((later) => ({
    name: `verifyClient throws${later ? ', later' : ''}`,
    async play(t) {
      t.catchUncaught();
      const fail = ({ req }) => {
        setImmediate(() => req.socket.destroy());
        throw new TypeError('of the program');
      };
      const verifyClient = later ? (info, decide) => fail(info, decide) : fail;
      await admit(t, { verifyClient });
    },
  })),
  ...[
    ['no parameter', () => () => false],
    [
      'a default',
      () =>
        (info, decide = null) => (void decide, false),
    ],
    [
      'a rest',
      () =>
        (...args) =>
          args.length === 1 && false,
    ],
    ['three', () => (info, decide, more) => (void decide, void more, false)],
    ['a bound one', () => ((a, b, decide) => decide(b)).bind(null, 1)],
  ].map(([name, make]) => ({
    name: `what counts as two parameters: ${name}`,
    async play(t) {
      t.catchUncaught();
      await admit(t, { verifyClient: make() });
    },
  })),
  ...['verify', true, 5, {}].map((verifyClient) => ({
    name: `a hook that is no function: ${JSON.stringify(verifyClient)}`,
    async play(t) {
      const wss = new t.ws.WebSocketServer({ noServer: true, verifyClient });
      const [stream] = createDuplexPair();
      try {
        wss.handleUpgrade(plainRequest(stream), stream, Buffer.alloc(0));
      } catch (error) {
        // Its words are the engine's.
        t.note('threw', error.constructor.name);
      }
      stream.destroy();
    },
  })),
  ...[
    ['13', { Origin: 'http://new' }],
    ['8', { 'Sec-WebSocket-Origin': 'http://old' }],
    ['8', { Origin: 'http://new' }],
    ['13', { 'Sec-WebSocket-Origin': 'http://old' }],
    ['13', { Origin: '' }],
    ['13', { Origin: ['http://one', 'http://two'] }],
  ].map(([version, headers]) => ({
    name: `the origin of ${JSON.stringify(headers)} in version ${version}`,
    async play(t) {
      await admit(
        t,
        {
          verifyClient(info) {
            t.note('info', info, this === undefined || this.constructor.name);
            t.note('arguments', arguments.length);
            return true;
          },
        },
        { 'Sec-WebSocket-Version': version, ...headers },
      );
    },
  })),
  {
    name: 'the hook is called as a method of the options',
    async play(t) {
      const { wss, port } = await t.server({
        verifyClient: function verify(info, decide) {
          t.note('this', this === wss.options);
          t.note('decide', decide.length, decide.name);
          t.note('returned', decide(true));
        },
      });
      await t.exchange(port, upgradeRequest());
    },
  },
  {
    name: 'the hook may be changed while the server runs',
    async play(t) {
      const { wss, port } = await t.server();
      await t.exchange(port, upgradeRequest());
      wss.options.verifyClient = () => false;
      await t.exchange(port, upgradeRequest());
      wss.options.verifyClient = undefined;
      await t.exchange(port, upgradeRequest());
    },
  },
  {
    name: 'a client over TLS is secure',
    async play(t) {
      const server = https.createServer({
        cert: fs.readFileSync(path.join(CERTIFICATES, 'test-only-cert.pem')),
        key: fs.readFileSync(path.join(CERTIFICATES, 'test-only-key.pem')),
      });
      const wss = new t.ws.WebSocketServer({
        server,
        verifyClient: ({ secure, origin }) => t.note('secure', secure, origin),
      });
      t.after(() => (wss.close(), server.close()));
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address();
      const socket = tls.connect({ port, rejectUnauthorized: false });
      t.after(() => socket.destroy());
      socket.write(`${upgradeRequest().join('\r\n')}\r\n\r\n`);
      socket.on('data', (chunk) => t.lane('raw').note('data', `${chunk}`));
      await t.until('data', { lane: 'raw' });
    },
  },
  ...[{ authorized: true }, { encrypted: 1 }, { encrypted: 0 }, {}].map(
    (marks) => ({
      name: `secure by the marks ${JSON.stringify(marks)} of the socket`,
      async play(t) {
        const [stream] = createDuplexPair();
        const wss = new t.ws.WebSocketServer({
          noServer: true,
          verifyClient: ({ secure }) => t.note('secure', secure),
        });
        const request = { ...plainRequest(), socket: marks };
        wss.handleUpgrade(request, stream, Buffer.alloc(0), () => {});
        stream.destroy();
      },
    }),
  ),
];

/** Notes what becomes of one client. */
async function admit(t, options, changes = {}) {
  const { wss, port } = await t.server(options);
  wss.on('connection', (websocket, request) => {
    t.note('connection', websocket, request.url, websocket.readyState);
    t.note('clients', wss.clients.size);
  });
  await t.exchange(port, upgradeRequest(changes));
}

function plainRequest(socket) {
  const headers = {
    upgrade: 'websocket',
    'sec-websocket-key': 'AAECAwQFBgcICQoLDA0ODw==',
    'sec-websocket-version': '13',
  };
  return { method: 'GET', url: '/', headers, socket };
}

function tcp(t, port) {
  const socket = net.connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  socket.write(`${upgradeRequest().join('\r\n')}\r\n\r\n`);
  return socket;
}
