'use strict';

const http = require('node:http');
const net = require('node:net');
const { Duplex, PassThrough } = require('node:stream');
const {
  setImmediate: nextTurn,
  setTimeout: wait,
} = require('node:timers/promises');
const { buildFrame } = require('../support/frames');
const { WebSocket } = require('../support/subject');
const { Hostile } = require('./values');

const { createWebSocketStream, PerMessageDeflate, Receiver, Sender } =
  WebSocket;
const { extension, subprotocol, WebSocketServer } = WebSocket;

/**
 * What a plan is made of.
 *
 * @typedef {object} Operation
 * @property {number} weight how often it is chosen
 * @property {boolean} [mayReenter] it may also be called from within events and
 *     getters
 * @property {(values: Values, world: World) => any} run
 */

/** @type {Record<string, Operation>} */
const OPERATIONS = {
  startServer: { weight: 4, run: startServer },
  connect: { weight: 12, mayReenter: true, run: connect },
  connectOddly: { weight: 4, mayReenter: true, run: connectOddly },
  connectRaw: { weight: 6, run: connectRaw },
  writeRaw: { weight: 10, mayReenter: true, run: writeRaw },
  send: { weight: 30, mayReenter: true, run: send },
  ping: { weight: 6, mayReenter: true, run: ping },
  close: { weight: 5, mayReenter: true, run: close },
  terminate: { weight: 2, mayReenter: true, run: terminate },
  pause: { weight: 4, mayReenter: true, run: pause },
  resume: { weight: 6, mayReenter: true, run: resume },
  setProperty: { weight: 5, mayReenter: true, run: setProperty },
  readProperties: { weight: 5, mayReenter: true, run: readProperties },
  listen: { weight: 8, mayReenter: true, run: listen },
  unlisten: { weight: 4, mayReenter: true, run: unlisten },
  touchSocket: { weight: 5, mayReenter: true, run: touchSocket },
  makeStream: { weight: 3, run: makeStream },
  useStream: { weight: 5, mayReenter: true, run: useStream },
  closeServer: { weight: 1, mayReenter: true, run: closeServer },
  useServer: { weight: 3, mayReenter: true, run: useServer },
  makeReceiver: { weight: 3, run: makeReceiver },
  useReceiver: { weight: 6, mayReenter: true, run: useReceiver },
  makeSender: { weight: 3, run: makeSender },
  useSender: { weight: 6, mayReenter: true, run: useSender },
  makeDeflate: { weight: 3, run: makeDeflate },
  useDeflate: { weight: 6, mayReenter: true, run: useDeflate },
  parseHeaders: { weight: 3, mayReenter: true, run: parseHeaders },
  transfer: { weight: 3, mayReenter: true, run: transfer },
  collectGarbage: { weight: 1, run: () => globalThis.gc?.() },
  nextTurn: { weight: 25, run: () => nextTurn() },
  wait: { weight: 4, run: (values) => wait(values.random.between(0, 4)) },
};

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

function echo(websocket, world) {
  return (data, binary) => {
    try {
      if (Array.isArray(data)) data = Buffer.concat(data);
      websocket.send(data, { binary });
    } catch (error) {
      world.judge('echo', error);
    }
  };
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

function anyFrame(values, mask) {
  const payload = values.oneOf(
    () => values.random.bytes(values.size()),
    () => 'text ß水🍉',
    () => Buffer.alloc(values.size(), 'x'),
    () => Buffer.from([0x03, values.random.between(0, 255), 0x62, 0x79]),
    () => Buffer.from([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]),
  );
  return buildFrame({
    opcode: values.chance(0.95)
      ? values.pick([1, 1, 1, 2, 2, 2, 0, 8, 9, 10])
      : values.random.between(0, 15),
    payload,
    fin: values.chance(0.85),
    rsv1: values.chance(0.1),
    rsv2: values.chance(0.01),
    mask: values.chance(0.98) ? mask : !mask,
    length: values.chance(0.02) ? values.random.between(0, 2 ** 30) : undefined,
  });
}

function anySocket(values, world) {
  if (world.sockets.length === 0) return null;
  const open = world.sockets.filter((each) => {
    return each.readyState === WebSocket.OPEN;
  });
  const from = open.length > 0 && values.chance(0.8) ? open : world.sockets;
  return values.pick(from);
}

function send(values, world) {
  const options = values.oneOf(
    () => undefined,
    () =>
      values.options({
        binary: () => values.chance(0.5),
        compress: () => values.chance(0.5),
        fin: () => values.chance(0.7),
        mask: () => values.chance(0.5),
      }),
  );
  const data = values.data();
  const times = values.chance(0.1) ? 20 : 1;
  for (let i = 0; i < times; i++) {
    anySocket(values, world)?.send(data, options, values.callback());
  }
}

function ping(values, world) {
  const method = values.pick(['ping', 'pong']);
  const args = values.oneOf(
    () => [],
    () => ['short'],
    () => [values.data(), values.odd(), values.callback()],
    () => [values.bytes(), values.chance(0.5), values.callback()],
    () => [values.callback()],
  );
  anySocket(values, world)?.[method](...args);
}

function close(values, world) {
  const args = values.oneOf(
    () => [],
    () => [values.number()],
    () => [1000, values.data()],
    () => [3000, 'because'],
    () => [values.odd(), values.odd()],
  );
  anySocket(values, world)?.close(...args);
}

function terminate(values, world) {
  anySocket(values, world)?.terminate();
}

function pause(values, world) {
  anySocket(values, world)?.pause();
}

function resume(values, world) {
  anySocket(values, world)?.resume();
}

function setProperty(values, world) {
  const websocket = anySocket(values, world);
  if (websocket === null) return;
  const types = ['nodebuffer', 'arraybuffer', 'fragments', 'blob', 'odd'];
  values.oneOf(
    () => (websocket.binaryType = values.pick(types)),
    () => (websocket.binaryType = values.odd()),
    () => (websocket.onmessage = listener(values, world)),
    () => (websocket.onclose = values.oddPrimitive()),
    () => (websocket.onerror = listener(values, world)),
    () => (websocket.onopen = listener(values, world)),
  );
}

function readProperties(values, world) {
  const websocket = anySocket(values, world);
  if (websocket === null) return;
  const names = [
    ...['binaryType', 'bufferedAmount', 'extensions', 'isPaused', 'onclose'],
    ...['onmessage', 'protocol', 'readyState', 'url', '_socket', '_receiver'],
    ...['_sender', '_extensions', '_isServer', '_closeCode'],
  ];
  for (const name of names) void websocket[name];
  String(websocket);
  require('node:util').inspect(websocket, { depth: 3, getters: true });
}

function listener(values, world) {
  return values.oneOf(
    () => () => {},
    () => () => world.reenter(),
    () => () => {
      if (values.chance(0.3)) throw new Hostile('listener');
    },
    () => async () => world.reenter(),
    () => ({ handleEvent: () => world.reenter() }),
  );
}

function listen(values, world) {
  const websocket = anySocket(values, world);
  if (websocket === null) return;
  const names = ['message', 'close', 'open', 'ping', 'pong', 'redirect', 'odd'];
  const name = values.chance(0.05) ? values.odd() : values.pick(names);
  values.oneOf(
    () => websocket.on(name, listener(values, world)),
    () => websocket.once(name, listener(values, world)),
    () => websocket.on(name, values.odd()),
    // The listener that counts 'close' must be called before those that throw.
    () =>
      name !== 'close' &&
      websocket.prependListener(name, listener(values, world)),
    () =>
      websocket.addEventListener(
        name,
        listener(values, world),
        values.chance(0.5) ? { once: true } : values.odd(),
      ),
  );
}

function unlisten(values, world) {
  const websocket = anySocket(values, world);
  if (websocket === null) return;
  const name = values.pick(['message', 'open', 'ping', 'pong', 'odd']);
  const [first] = websocket.listeners(name);
  values.oneOf(
    () => first && websocket.off(name, first),
    () => websocket.removeEventListener(name, first),
    () => websocket.removeEventListener(values.odd(), values.odd()),
    () => name !== 'message' && websocket.removeAllListeners(name),
  );
}

function touchSocket(values, world) {
  const socket = anySocket(values, world)?._socket;
  if (!socket) return;
  values.oneOf(
    () => socket.pause(),
    () => socket.resume(),
    () => socket.setNoDelay(values.odd()),
    () => socket.setKeepAlive(values.chance(0.5), 1000),
    () => socket.setTimeout(values.pick([0, 1, 5])),
    () => socket.unref(),
    () => socket.ref(),
    () => socket.write(values.text()),
    () => socket.write(values.data(), values.callback()),
    () => socket.cork(),
    () => socket.uncork(),
    () => (values.chance(0.3) ? socket.end(values.text()) : undefined),
    () => (values.chance(0.3) ? socket.destroy() : undefined),
    () => (values.chance(0.3) ? socket.resetAndDestroy() : undefined),
    () => socket.on('data', () => world.reenter()),
    () => socket.read(),
    () => socket.address(),
    () => [socket.remoteAddress, socket.bytesRead, socket.bytesWritten],
  );
}

function makeStream(values, world) {
  const websocket = anySocket(values, world);
  if (websocket === null || world.streams.length > 10) return;
  const stream = createWebSocketStream(
    websocket,
    values.options({
      highWaterMark: () => values.pick([0, 1, 100, 65536]),
      readableObjectMode: () => values.chance(0.5),
      decodeStrings: () => values.chance(0.5),
      encoding: () => 'utf8',
      allowHalfOpen: () => values.chance(0.5),
      emitClose: () => values.chance(0.9),
    }),
  );
  stream.on('error', () => {});
  if (values.chance(0.6)) stream.on('data', () => {});
  world.streams.push(stream);
}

function useStream(values, world) {
  if (world.streams.length === 0) return;
  const stream = values.pick(world.streams);
  values.oneOf(
    () => stream.write(values.bytes()),
    () => stream.write(values.text(), values.callback()),
    () => stream.write(values.data()),
    () => stream.read(values.pick([undefined, 1, 0])),
    () => stream.end(values.pick([undefined, 'last'])),
    () => stream.destroy(values.pick([undefined, new Hostile('stream')])),
    () => stream.pause(),
    () => stream.resume(),
    () => stream.cork(),
    () => stream.uncork(),
    () => stream.unshift(Buffer.from('back')),
  );
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

function makeReceiver(values, world) {
  if (world.receivers.length > 10) return;
  const receiver = new Receiver(
    values.options({
      ...values.commonOptions(),
      binaryType: () => values.pick(['nodebuffer', 'arraybuffer', 'fragments']),
      isServer: () => values.chance(0.7),
      extensions: () => ({}),
    }),
  );
  receiver.on('error', () => {});
  for (const name of ['message', 'ping', 'pong', 'conclude', 'drain']) {
    receiver.on(name, () => {
      if (values.chance(0.05)) world.reenter();
    });
  }
  world.receivers.push(receiver);
}

function useReceiver(values, world) {
  if (world.receivers.length === 0) return;
  const receiver = values.pick(world.receivers);
  values.oneOf(
    () => receiver.write(anyFrame(values, true)),
    () => receiver.write(anyFrame(values, true), values.callback()),
    () => receiver.write(anyFrame(values, false)),
    () => receiver.write(values.data()),
    () => receiver.end(),
    () => receiver.destroy(),
    () => receiver.cork(),
    () => receiver.uncork(),
  );
}

function makeSender(values, world) {
  if (world.senders.length > 10) return;
  const socket = values.chance(0.9)
    ? new PassThrough().on('error', () => {}).resume()
    : values.odd();
  world.senders.push(new Sender(socket, values.pick([undefined, {}])));
}

function useSender(values, world) {
  const options = values.options({
    binary: () => values.chance(0.5),
    compress: () => values.chance(0.5),
    fin: () => values.chance(0.7),
    mask: () => values.chance(0.5),
    opcode: () => values.random.between(0, 15),
    readOnly: () => values.chance(0.5),
    rsv1: () => values.chance(0.3),
    generateMask: () => (mask) => mask.fill(7),
    maskBuffer: () => Buffer.alloc(4),
  });
  if (world.senders.length === 0 || values.chance(0.3)) {
    Sender.frame(values.data(), options);
    return;
  }
  const sender = values.pick(world.senders);
  values.oneOf(
    () => sender.send(values.data(), options, values.callback()),
    () => sender.ping(values.data(), values.chance(0.5), values.callback()),
    () => sender.pong(values.data(), values.odd(), values.callback()),
    () => sender.close(values.number(), values.data(), values.chance(0.5)),
    () => sender.sendFrame([values.bytes(), values.bytes()], values.callback()),
  );
}

function makeDeflate(values, world) {
  if (world.deflates.length > 10) return;
  const deflate = new PerMessageDeflate({
    ...Object(values.deflateOptions()),
    isServer: values.chance(0.5),
    maxPayload: values.number(),
  });
  world.deflates.push(deflate);
  deflate.accept([{}]);
}

function useDeflate(values, world) {
  if (world.deflates.length === 0) return;
  const deflate = values.pick(world.deflates);
  const text = Buffer.from([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
  values.oneOf(
    () => deflate.offer(),
    () => deflate.accept([{ server_max_window_bits: [values.number()] }]),
    () => deflate.accept(values.odd()),
    () => deflate.compress(values.bytes(), values.chance(0.7), world.counted()),
    () => deflate.decompress(text, true, world.counted()),
    () => deflate.decompress(values.bytes(), values.chance(0.5), () => {}),
    () => deflate.cleanup(),
  );
}

function parseHeaders(values) {
  const header = values.oneOf(
    () => 'permessage-deflate; client_max_window_bits, x; y="z"',
    () => values.text(),
    () => values.odd(),
    () => 'a, '.repeat(values.size()),
    () => `__proto__; constructor=1; ${values.text()}`,
  );
  values.oneOf(
    () => extension.format(extension.parse(header)),
    () => extension.format(values.odd()),
    () => subprotocol.parse(header),
  );
}

/** Takes memory away that has been sent, or received. */
function transfer(values, world) {
  if (world.buffers.length === 0) return;
  const data = values.pick(world.buffers);
  const buffer = data instanceof ArrayBuffer ? data : data?.buffer;
  if (buffer instanceof ArrayBuffer) {
    structuredClone(buffer, { transfer: [buffer] });
  }
}

module.exports = { OPERATIONS };
