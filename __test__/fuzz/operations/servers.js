'use strict';

/**
 * What is done to servers.
 *
 * @module servers
 */

const http = require('node:http');
const { Duplex, PassThrough } = require('node:stream');
const { WebSocket } = require('../../support/subject');
const { Hostile } = require('../values');
const { anyFrame, echo } = require('./any');

const { WebSocketServer } = WebSocket;

module.exports = { closeServer, startServer, useServer };

async function startServer(values, world) {
  if (world.servers.length >= 4) return;
  const options = values.options({
    ...values.commonOptions(),
    backlog: () => 16,
    clientTracking: () => values.chance(0.9),
    path: () => values.pick(['/', '/a', '/?a']),
    handleProtocols: () => (protocols) =>
      values.oneOf(
        () => [...protocols][0],
        () => false,
        () => values.oddPrimitive(),
        () => world.reenter(),
      ),
    verifyClient: () =>
      values.oneOf(
        () => () => values.chance(0.9),
        () => (_info, done) => setImmediate(done, true),
        () => (_info, done) => done(false, values.pick([401, 404, 500])),
      ),
  });
  const Class = class extends WebSocket {};
  const where = await values.pick([listenSomewhere, listenSomewhere, beside])(
    world,
  );
  let server;
  try {
    server = new WebSocketServer(
      options !== null && typeof options === 'object'
        ? Object.defineProperties(
            { ...where, WebSocket: values.pick([WebSocket, Class]) },
            Object.getOwnPropertyDescriptors(options),
          )
        : options,
    );
  } catch (error) {
    where.server?.close();
    throw error;
  }
  server.on('error', () => {});
  server.on('connection', (websocket) => {
    world.keep(websocket);
    if (values.chance(0.5)) websocket.on('message', echo(websocket, world));
    if (values.chance(0.1)) world.reenter();
  });
  if (values.chance(0.1)) {
    server.on('wsClientError', (_error, socket) => socket.destroy());
  }
  world.servers.push(server);
  if (server.options.verifyClient || server.options.handleProtocols) {
    // If such a function throws, its socket is nobody's any more.
    const http = server.options.server ?? server._server;
    http?.on('connection', (socket) => world.plain.push(socket));
  }
  if (where.port === 0) await happens(server, 'listening');
}

function closeServer(values, world) {
  if (world.servers.length === 0) return;
  values.pick(world.servers).close(values.pick([undefined, world.counted()]));
}

function useServer(values, world) {
  if (world.servers.length === 0) return;
  const server = values.pick(world.servers);
  const request = Object.assign(new http.IncomingMessage(new PassThrough()), {
    method: 'GET',
    url: '/',
    headers: {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
      'sec-websocket-extensions': values.text(),
    },
  });
  values.oneOf(
    () => server.address(),
    () => server.shouldHandle(values.odd()),
    () => server.handleUpgrade(request, nowhere(), Buffer.alloc(0), keepIt),
    () =>
      server.handleUpgrade(request, nowhere(), anyFrame(values, true), keepIt),
    () =>
      server.handleUpgrade(
        values.odd(),
        values.odd(),
        values.odd(),
        values.odd(),
      ),
    () => server.emit('headers', values.odd(), values.odd()),
    () => server.on('headers', (headers) => headers.push('X-More: yes')),
    () => server.options,
  );

  function keepIt(websocket) {
    world.keep(websocket);
  }

  function nowhere() {
    const socket = new Duplex({
      read() {},
      write(_chunk, _encoding, done) {
        values.oneOf(
          () => done(),
          () => setImmediate(done),
          () => {},
          () => done(new Hostile('socket')),
        );
      },
    });
    socket.on('error', () => {});
    world.plain.push(socket);
    return socket;
  }
}

async function listenSomewhere() {
  return { port: 0, host: '127.0.0.1' };
}

async function beside(world) {
  const server = http.createServer((_request, response) => response.end());
  world.httpServers.push(server);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server };
}

/** An event, or half a second: the options may be such that it never comes. */
function happens(emitter, name) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 500);
    emitter.once(name, () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
