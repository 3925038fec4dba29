'use strict';

const { EventEmitter, once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const path = require('node:path');
const tls = require('node:tls');

const { OPCODE, buildFrame } = require('../../support/frames');
const { upgradeRequest } = require('../../support/upgrade-request');

const CERTIFICATES = path.join(__dirname, '../../support/tls');
const KINDS = ['http', 'https'];

const early = () =>
  buildFrame({ opcode: OPCODE.TEXT, payload: 'early', mask: true });

module.exports = [
  ...KINDS.map((kind) => ({
    name: `an upgrade, a conversation and its end, beside ${kind}`,
    async play(t) {
      const { wss, port } = await serve(t, kind);
      const socket = dial(t, kind, port);
      socket.write(`${upgradeRequest().join('\r\n')}\r\n\r\n`);
      socket.write(early());
      await t.until('subject message');
      const [websocket] = wss.clients;
      websocket.close(1000, 'bye');
      socket.end(buildFrame({ opcode: OPCODE.CLOSE, payload: '', mask: true }));
      await t.until('subject close');
      await t.until('closed', { lane: 'raw' });
      t.note('clients', wss.clients.size);
    },
  })),
  ...KINDS.map((kind) => ({
    name: `the answers to faulty requests, beside ${kind}`,
    async play(t) {
      const { port } = await serve(t, kind, { path: '/right' });
      const requests = [
        upgradeRequest({ 'Sec-WebSocket-Key': null }),
        upgradeRequest({ 'Sec-WebSocket-Version': '7' }),
        upgradeRequest({}, 'POST /right HTTP/1.1'),
        upgradeRequest({}, 'GET /wrong HTTP/1.1'),
      ];
      for (const [index, lines] of requests.entries()) {
        const socket = dial(t, kind, port);
        socket.write(`${lines.join('\r\n')}\r\n\r\n`);
        await t.until('closed', { lane: 'raw', count: index + 1 });
      }
    },
  })),
  ...KINDS.map((kind) => ({
    name: `a client that vanishes, beside ${kind}`,
    async play(t) {
      const { wss, port } = await serve(t, kind);
      const socket = dial(t, kind, port);
      socket.write(`${upgradeRequest().join('\r\n')}\r\n\r\n`);
      await t.until('connection');
      socket.end();
      await t.until('subject close');
      await t.until('closed', { lane: 'raw' });
      t.note('clients', wss.clients.size);
    },
  })),
  ...KINDS.map((kind) => ({
    name: `ordinary requests and upgrades on one server, ${kind}`,
    async play(t) {
      const { wss, server, port } = await serve(t, kind);
      server.on('request', (request, response) => {
        t.note('request', request.method, request.url);
        response.end('an ordinary answer');
      });
      const agent = new { http, https }[kind].Agent({
        keepAlive: true,
        maxSockets: 1,
      });
      t.after(() => agent.destroy());
      for (const target of ['/one', '/two']) {
        const request = { http, https }[kind].get({
          port,
          host: '127.0.0.1',
          path: target,
          agent,
          rejectUnauthorized: false,
        });
        const [response] = await once(request, 'response');
        t.note('response', (await response.toArray()).join(''));
        await t.turn();
      }
      const socket = dial(t, kind, port);
      socket.write(`${upgradeRequest().join('\r\n')}\r\n\r\n`);
      await t.until('connection');
      t.note('clients', wss.clients.size);
    },
  })),
  {
    name: 'a request and an upgrade in one segment',
    async play(t) {
      const { server, port } = await serve(t, 'http');
      server.on('request', (request, response) => {
        t.note('request', request.url);
        response.end('answer');
      });
      const socket = dial(t, 'http', port);
      socket.write(
        Buffer.concat([
          Buffer.from('GET /first HTTP/1.1\r\nHost: here\r\n\r\n'),
          Buffer.from(`${upgradeRequest().join('\r\n')}\r\n\r\n`),
          early(),
        ]),
      );
      await t.until('subject message');
      socket.end();
      await t.until('subject close');
      await t.until('closed', { lane: 'raw' });
    },
  },
  {
    name: 'a request without a listener beside the server',
    async play(t) {
      const { server, port } = await serve(t, 'http');
      t.note('listeners', server.listenerCount('request'));
      server.on('request', (request, response) => {
        response.statusCode = 404;
        response.end();
      });
      await t.exchange(port, ['GET /missing HTTP/1.1', 'Host: here']);
      await t.exchange(port, upgradeRequest({ Connection: 'keep-alive' }));
    },
  },
  ...['before', 'after'].map((place) => ({
    name: `an upgrade listener of the program ${place} ours serves other paths`,
    async play(t) {
      const server = http.createServer();
      const own = (request, socket) => {
        t.note('own listener', request.url, socket.destroyed);
        if (request.url === '/own') {
          socket.end('HTTP/1.1 101 Mine\r\nConnection: close\r\n\r\n');
        }
      };
      if (place === 'before') server.on('upgrade', own);
      const wss = new t.ws.WebSocketServer({ noServer: true });
      server.on('upgrade', (request, socket, head) => {
        if (request.url === '/own') return;
        wss.handleUpgrade(request, socket, head, (websocket) => {
          wss.emit('connection', websocket, request);
        });
      });
      if (place === 'after') server.on('upgrade', own);
      wss.on('connection', (websocket, { url }) => t.note('connection', url));
      const port = await listen(t, server, wss);
      await t.exchange(port, upgradeRequest({}, 'GET /own HTTP/1.1'));
      await t.exchange(port, upgradeRequest({}, 'GET /ours HTTP/1.1'));
    },
  })),
  {
    name: 'another upgrade listener writes after ours',
    async play(t) {
      const { wss, server, port } = await serve(t, 'http');
      server.on('upgrade', (request, socket) => {
        t.note('later listener', socket.bytesWritten, wss.clients.size);
        socket.write(buildFrame({ opcode: OPCODE.TEXT, payload: 'by hand' }));
        setImmediate(() => socket.end());
      });
      const socket = dial(t, 'http', port);
      socket.write(`${upgradeRequest().join('\r\n')}\r\n\r\n`);
      await t.until('closed', { lane: 'raw' });
    },
  },
  {
    name: 'another upgrade listener reads from the socket, too',
    async play(t) {
      const { server, port } = await serve(t, 'http');
      server.prependListener('upgrade', (request, socket) => {
        socket.on('data', (chunk) => t.lane('spy').note('data', chunk.length));
      });
      const socket = dial(t, 'http', port);
      socket.write(`${upgradeRequest().join('\r\n')}\r\n\r\n`);
      await t.until('connection');
      socket.write(early());
      await t.until('subject message');
      await t.until('data', { lane: 'spy' });
    },
  },
  ...['error', 'timeout', 'close', 'end'].map((event) => ({
    name: `listeners of the program for ${event} of the socket stay`,
    async play(t) {
      const { server, port } = await serve(t, 'http');
      server.prependListener('upgrade', (request, socket) => {
        socket.on(event, (...args) => t.lane('socket').note(event, ...args));
      });
      const socket = dial(t, 'http', port);
      socket.write(`${upgradeRequest().join('\r\n')}\r\n\r\n`);
      await t.until('connection');
      socket.end();
      await t.until('subject close');
      await t.until('closed', { lane: 'raw' });
    },
  })),
  {
    name: 'an error of the socket right after the upgrade',
    async play(t) {
      const { wss, port } = await serve(t, 'http');
      wss.on('connection', (websocket, { socket }) => {
        t.note('listeners', socket.listenerCount('error'));
        t.call('emit', () => socket.emit('error', new Error('of the socket')));
        t.note('state', websocket.readyState, socket.destroyed);
        setImmediate(() => socket.destroy());
      });
      const socket = dial(t, 'http', port);
      socket.write(`${upgradeRequest().join('\r\n')}\r\n\r\n`);
      await t.until('subject close');
      await t.until('closed', { lane: 'raw' });
    },
  },
  {
    name: 'destroy() with an error right after the upgrade',
    async play(t) {
      const { wss, port } = await serve(t, 'http');
      wss.on('connection', (websocket, { socket }) => {
        t.call('destroy', () => socket.destroy(new Error('by the program')));
        t.note('state', websocket.readyState, socket.destroyed);
      });
      const socket = dial(t, 'http', port);
      socket.write(`${upgradeRequest().join('\r\n')}\r\n\r\n`);
      await t.until('subject close');
      await t.until('closed', { lane: 'raw' });
      t.note('clients', wss.clients.size);
    },
  },
  {
    name: 'a server that is none, only an emitter',
    async play(t) {
      const server = new EventEmitter();
      server.address = () => 'an address of its own';
      const wss = new t.ws.WebSocketServer({ server });
      t.watch(wss, 'server', { events: ['listening', 'error', 'close'] });
      t.note('address', wss.address());
      t.call('listening', () => server.emit('listening', 1, 2));
      t.call('error', () => server.emit('error', new Error('of the server')));
      wss.close();
      await t.until('server close');
      t.note('events', server.eventNames());
    },
  },
  {
    name: 'an error of the HTTP server that nobody hears',
    async play(t) {
      const server = http.createServer();
      const wss = new t.ws.WebSocketServer({ server });
      t.call('emit', () => server.emit('error', new Error('unheard')));
      wss.on('error', t.callback('heard'));
      t.call('emit', () => server.emit('error', new Error('heard')));
      wss.close();
    },
  },
  {
    name: 'a port that is taken, beside an HTTP server',
    async play(t) {
      const { port } = await t.server();
      const server = http.createServer();
      const wss = new t.ws.WebSocketServer({ server });
      t.watch(wss, 'server', { events: ['listening', 'error', 'close'] });
      server.on('error', t.callback('of the HTTP server'));
      server.listen(port, '127.0.0.1');
      await t.until('server error');
      wss.close();
      await t.until('server close');
    },
  },
  {
    name: 'properties of the connection request and its socket, over TLS',
    async play(t) {
      const { wss, port } = await serve(t, 'https');
      wss.on('connection', ({ _socket: own }, { socket, headers, url }) => {
        t.note('socket', own === socket, socket.encrypted, socket.authorized);
        t.note('class', socket.constructor.name, socket instanceof net.Socket);
        t.note('request', url, headers.host, headers.upgrade);
        t.note('address', socket.remoteAddress, socket.localAddress);
        t.note('protocol', socket.getProtocol(), socket.alpnProtocol);
      });
      const socket = dial(t, 'https', port);
      socket.write(`${upgradeRequest().join('\r\n')}\r\n\r\n`);
      await t.until('protocol');
    },
  },
];

/** A server of the subject beside one of Node's. */
async function serve(t, kind, options = {}) {
  const server =
    kind === 'http'
      ? http.createServer()
      : https.createServer({
          cert: fs.readFileSync(path.join(CERTIFICATES, 'test-only-cert.pem')),
          key: fs.readFileSync(path.join(CERTIFICATES, 'test-only-key.pem')),
        });
  const wss = new t.ws.WebSocketServer({ ...options, server });
  t.watch(wss, 'server', { events: ['error', 'close'], properties: [] });
  wss.on('connection', (websocket) => {
    t.note('connection', websocket.readyState);
    t.watch(websocket, 'subject');
  });
  const port = await listen(t, server, wss);
  return { wss, server, port };
}

async function listen(t, server, wss) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const client of wss.clients) client.terminate();
    wss.close();
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address();
  t.hidePort(port);
  return port;
}

/** A socket that notes, at its end, all it was sent. */
function dial(t, kind, port) {
  const options = { port, host: '127.0.0.1', rejectUnauthorized: false };
  const socket = { http: net, https: tls }[kind].connect(options);
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  const chunks = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('close', () => {
    t.lane('raw').note('closed', Buffer.concat(chunks).toString('latin1'));
  });
  return socket;
}
