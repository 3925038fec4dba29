'use strict';

/**
 * What is done to connections, and to their sockets.
 *
 * @module connections
 */

const { inspect } = require('node:util');
const { Hostile } = require('../values');
const { anySocket } = require('./any');

module.exports = {
  close,
  listen,
  pause,
  ping,
  readProperties,
  resume,
  send,
  setProperty,
  terminate,
  touchSocket,
  unlisten,
};

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
  inspect(websocket, { depth: 3, getters: true });
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
