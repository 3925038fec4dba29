'use strict';

/**
 * What makes connections, and what their peers send that are no WebSockets.
 *
 * @module connecting
 */

const net = require('node:net');
const { setImmediate: nextTurn } = require('node:timers/promises');
const { WebSocket } = require('../../support/subject');
const { anyFrame, echo } = require('./any');

module.exports = { connect, connectOddly, connectRaw, writeRaw };

function connect(values, world) {
  const port = portOf(values, world);
  if (port === null || world.isFull()) return;
  const path = values.pick(['/', '/', '/a', '/?a', '/%zz']);
  const options = values.options({
    ...values.commonOptions(),
    followRedirects: () => values.chance(0.5),
    generateMask: () => (mask) =>
      values.oneOf(
        () => mask.fill(0),
        () => world.reenter(),
        () => {},
      ),
    handshakeTimeout: () => values.pick([0, 1, 5, 1000]),
    headers: () => ({ 'X-Fuzz': 'yes', Cookie: 'a=b' }),
    origin: () => 'http://localhost',
    protocolVersion: () => values.pick([8, 13, 13, 12]),
  });
  if (options !== null && typeof options === 'object' && values.chance(0.1)) {
    // Whatever else there is throws while the request is under way already, and nobody has the WebSocket then.
    options.finishRequest = (request) => {
      world.reenter();
      request.end();
    };
  }
  const protocols = values.oneOf(
    () => [],
    () => ['chat', 'super'],
    () => values.odd(),
  );
  const websocket = new WebSocket(
    `ws://127.0.0.1:${port}${path}`,
    protocols,
    options,
  );
  world.keep(websocket);
  if (values.chance(0.3)) websocket.on('message', echo(websocket, world));
}

/** No connection comes of it, or one to nobody. */
function connectOddly(values, world) {
  if (world.isFull()) return;
  const address = values.oneOf(
    () => values.odd(),
    () => 'ws://127.0.0.1:1/',
    () => 'http://127.0.0.1:1/#fragment',
    () => 'wss://127.0.0.1:1',
    () => 'ws+unix:/nowhere/socket:/path',
    () => 'ws://[::1',
    () => new URL('ws://127.0.0.1:1/'),
    () => null,
  );
  const Class = values.pick([WebSocket, class extends WebSocket {}]);
  const websocket = new Class(address, values.odd(), values.odd());
  // Without an address it waits for a server to give it a socket.
  if (address !== null) world.keep(websocket);
}

function connectRaw(values, world) {
  const port = portOf(values, world);
  if (port === null || world.isFull()) return undefined;
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.on('data', () => {});
  world.plain.push(socket);
  const lines = [
    'GET / HTTP/1.1',
    'Host: localhost',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
  ];
  if (values.chance(0.3)) {
    lines.push('Sec-WebSocket-Extensions: permessage-deflate');
  }
  if (values.chance(0.1)) lines.splice(values.random.between(1, 5), 1);
  if (values.chance(0.1)) lines.push(`X: ${'x'.repeat(values.size())}`);
  const request = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
  const cut = values.chance(0.3)
    ? values.random.between(0, request.length)
    : request.length;
  socket.write(request.subarray(0, cut));
  socket.write(request.subarray(cut));
  return values.chance(0.7) ? nextTurn() : writeRaw(values, world);
}

function writeRaw(values, world) {
  const sockets = world.plain.filter((socket) => !socket.destroyed);
  if (sockets.length === 0) return;
  const socket = values.pick(sockets);
  const frames = [];
  const count = values.random.between(1, 6);
  for (let i = 0; i < count; i++) frames.push(anyFrame(values, true));
  const bytes = Buffer.concat(frames);
  const cut = values.random.between(0, bytes.length);
  socket.write(bytes.subarray(0, cut));
  values.oneOf(
    () => socket.write(bytes.subarray(cut)),
    () => socket.write(bytes.subarray(cut)),
    () => world.later(() => socket.write(bytes.subarray(cut))),
    () => socket.end(),
    // Node loses a socket that is reset while it connects.
    () => !socket.connecting && values.chance(0.3) && socket.resetAndDestroy(),
  );
}

function portOf(values, world) {
  const addresses = world.servers.map((server) => {
    try {
      return server.address();
    } catch {
      return null;
    }
  });
  const ports = addresses.flatMap((address) => address?.port ?? []);
  return ports.length === 0 ? null : values.pick(ports);
}
