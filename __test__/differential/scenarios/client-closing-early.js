'use strict';

const net = require('node:net');
const { Duplex } = require('node:stream');
const {
  CLIENT_EVENTS,
  dial,
  redirectTo,
  switching,
} = require('../support/dialling');

const MARKERS = ['tick', 'microtask', 'immediate'];

const ENDINGS = {
  close: (client) => client.close(),
  'close with a code': (client) => client.close(4000, 'no more'),
  'close with an invalid code': (client) => client.close(1, {}),
  terminate: (client) => client.terminate(),
};

const BOTH_ENDINGS = Object.entries({
  close: ENDINGS.close,
  terminate: ENDINGS.terminate,
});

/** Notes what ending a client does at once. */
function end(t, client, ending, label = 'end') {
  t.call(label, () => ending(client));
  t.properties(client, ['readyState', '_req', '_errorEmitted', '_closeTimer']);
}

/** The words of an error that only says that there is no socket are not compared. */
function classOfError(action) {
  try {
    action();
    return null;
  } catch (error) {
    return error.constructor.name;
  }
}

/** A server that accepts connections and says nothing, and notes nothing. */
async function silentServer(t) {
  const sockets = new Set();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).resume();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address();
  t.hidePort(port);
  return `ws://127.0.0.1:${port}`;
}

/** When the client is ended; each gets a function that does it, and what it needs to know when. */
const MOMENTS = {
  'after the constructor': (client, act) => act(),
  'in a microtask': (client, act) => queueMicrotask(act),
  'in the next tick': (client, act) => process.nextTick(act),
  'when the request has its socket': (client, act) =>
    client._req.once('socket', act),
  'when the socket connects': (client, act) =>
    client._req.once('socket', (socket) => socket.once('connect', act)),
  'when the request has been sent': (client, act) =>
    client._req.once('finish', act),
};

module.exports = [
  ...Object.entries(MOMENTS).flatMap(([moment, when]) =>
    Object.entries(ENDINGS).map(([how, ending]) => ({
      name: `${how} ${moment}`,
      async play(t) {
        const url = await silentServer(t);
        const client = dial(t, [url], { markers: MARKERS });
        when(client, () => end(t, client, ending));
        await t.until('~ immediate after subject close');
        t.properties(client, ['readyState', '_req', '_socket', 'url']);
        end(t, client, ending, 'once more');
        await t.settle();
      },
    })),
  ),
  ...BOTH_ENDINGS.map(([how, ending]) => ({
    name: `${how} twice at once is one error`,
    async play(t) {
      const client = dial(t, [await silentServer(t)]);
      end(t, client, ending);
      end(t, client, ending, 'again');
      await t.until('subject close');
      await t.settle();
    },
  })),
  ...BOTH_ENDINGS.map(([how, ending]) => ({
    name: `${how} with a handshakeTimeout`,
    async play(t) {
      const url = await silentServer(t);
      const client = dial(t, [url, { handshakeTimeout: 10 }]);
      end(t, client, ending);
      await t.until('subject close');
      await new Promise((resolve) => setTimeout(resolve, 30));
    },
  })),
  ...BOTH_ENDINGS.map(([how, ending]) => ({
    name: `${how} in finishRequest`,
    async play(t) {
      const url = await silentServer(t);
      const finishRequest = (req, client) => {
        end(t, client, ending);
        req.end();
      };
      dial(t, [url, { finishRequest }], { markers: MARKERS });
      await t.until('~ immediate after subject close');
    },
  })),
  ...BOTH_ENDINGS.map(([how, ending]) => ({
    name: `${how} while the address is looked up`,
    async play(t) {
      let found;
      const lookup = (name, options, callback) => {
        found = () =>
          callback(
            null,
            options.all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1',
            4,
          );
      };
      const client = dial(t, ['ws://somewhere.test:1/', { lookup }]);
      end(t, client, ending);
      await t.until('subject close');
      found();
      await t.settle();
    },
  })),
  ...BOTH_ENDINGS.map(([how, ending]) => ({
    name: `${how} before createConnection has called back`,
    async play(t) {
      let callBack;
      const createConnection = (options, callback) => {
        callBack = callback;
      };
      const client = dial(t, ['ws://somewhere.test/', { createConnection }]);
      end(t, client, ending);
      await t.until('subject close');
      const socket = new Duplex({ read() {}, write() {} });
      callBack(null, socket);
      await t.settle();
      t.note('destroyed', socket.destroyed);
    },
  })),
  ...BOTH_ENDINGS.map(([how, ending]) => ({
    name: `${how} in the upgrade event`,
    async play(t) {
      const { url } = await t.rawServer(({ accept, socket }) => {
        socket.on('close', () => t.lane('raw').note('closed'));
        return switching(accept);
      });
      const client = dial(t, [url], { markers: MARKERS });
      client.on('upgrade', () => end(t, client, ending));
      await t.until('~ immediate after subject close');
      await t.until('closed', { lane: 'raw' });
    },
  })),
  ...BOTH_ENDINGS.map(([how, ending]) => ({
    name: `${how} in the upgrade event of a response that is wrong`,
    async play(t) {
      const { url } = await t.rawServer(() => switching('wrong'));
      const client = dial(t, [url]);
      client.on('upgrade', () => end(t, client, ending));
      await t.until('subject close');
      await t.settle();
    },
  })),
  ...Object.entries({
    ...ENDINGS,
    'send, then close': (client) => {
      client.send('hello');
      client.close(1000, 'bye');
    },
  }).map(([how, ending]) => ({
    name: `${how} in the open event`,
    async play(t) {
      const { url } = await t.rawServer(({ accept, socket }) => {
        socket.on('end', () => socket.end());
        return switching(accept);
      });
      const client = dial(t, [url]);
      client.on('open', () => end(t, client, ending));
      await t.until('end');
      if (client.readyState === 1) client.terminate();
      else if (client.readyState === 2) client._socket.destroy();
      await t.until('subject close');
    },
  })),
  ...BOTH_ENDINGS.map(([how, ending]) => ({
    name: `${how} in the redirect event`,
    async play(t) {
      const { url } = await t.rawServer(({ accept, number }) =>
        number === 1 ? redirectTo('/there') : switching(accept),
      );
      const client = dial(t, [url, { followRedirects: true }], {
        markers: MARKERS,
      });
      client.on('redirect', (...args) => {
        t.note('redirect', ...args);
        end(t, client, ending);
      });
      await t.until('~ immediate after subject close');
      await t.settle();
      t.note('requests', t.lane('raw').entries.length);
    },
  })),
  ...BOTH_ENDINGS.map(([how, ending]) => ({
    name: `${how} in the error and close events`,
    async play(t) {
      const client = dial(t, ['ws+unix:/nowhere/at-all.sock']);
      client.on('error', () => end(t, client, ending));
      client.on('close', () => end(t, client, ending));
      await t.until('subject close');
      await t.settle();
    },
  })),
  ...BOTH_ENDINGS.map(([how, ending]) => ({
    name: `${how} in the error event of another ${how}`,
    async play(t) {
      const client = dial(t, [await silentServer(t)]);
      client.on('error', () => end(t, client, ending));
      end(t, client, ending);
      await t.until('subject close');
      await t.settle();
    },
  })),
  ...BOTH_ENDINGS.map(([how, ending]) => ({
    name: `${how} without a listener for the error`,
    async play(t) {
      t.catchUncaught();
      const client = dial(t, [await silentServer(t)], {
        events: CLIENT_EVENTS.filter((event) => event !== 'error'),
      });
      end(t, client, ending);
      await t.until('uncaught', { lane: 'process' });
      await t.settle();
      t.properties(client, ['readyState']);
    },
  })),
  ...BOTH_ENDINGS.map(([how, ending]) => ({
    name: `${how} of a WebSocket that never had an address`,
    async play(t) {
      const websocket = new t.ws.WebSocket(null, undefined, {});
      t.watch(websocket);
      end(t, websocket, ending);
      await t.settle();
    },
  })),
  ...Object.entries({
    destroyed: (req) => req.destroy(),
    'destroyed with an error': (req) => req.destroy(new RangeError('own')),
    'told of an error': (req) => req.emit('error', new RangeError('own')),
    'told of a timeout': (req) => req.emit('timeout'),
    'left without its socket': (req) =>
      req.once('socket', (socket) => socket.destroy()),
    'left without its socket, for an error': (req) =>
      req.once('socket', (socket) => socket.destroy(new RangeError('own'))),
  }).map(([what, act]) => ({
    name: `a request that is ${what}, in place of the client`,
    async play(t) {
      const client = dial(
        t,
        [await silentServer(t), { handshakeTimeout: 60_000 }],
        { markers: MARKERS },
      );
      const { _req: req } = client;
      t.call('act', () => void act(req));
      await t.until('~ immediate after subject close');
      t.properties(client, ['readyState', '_req', '_errorEmitted']);
      req.destroy();
      await t.settle();
    },
  })),
  {
    name: 'an aborted request says nothing to the client, which goes on waiting',
    async play(t) {
      const client = dial(t, [await silentServer(t)]);
      client._req.abort();
      await t.settle();
      await t.settle();
      t.properties(client, ['readyState', '_req']);
      client.close();
      await t.until('subject close');
    },
  },
  {
    name: 'what may not be done while connecting, and afterwards',
    async play(t) {
      const client = dial(t, [await silentServer(t)]);
      const attempt = (when) => {
        const sent = t.callback(`sent ${when}`);
        t.call('send', () => client.send('12345', sent));
        t.call('send options', () => client.send(Buffer.alloc(7), {}, sent));
        t.call('send number', () => client.send(123, sent));
        t.call('send nothing', () => client.send(undefined, sent));
        t.call('send empty', () => client.send('', sent));
        t.call('ping', () => client.ping('ab', sent));
        t.call('pong', () => client.pong('ä', true, sent));
        for (const method of ['pause', 'resume']) {
          t.note(
            method,
            classOfError(() => client[method]()),
          );
        }
        t.call('binaryType', () => {
          client.binaryType = 'arraybuffer';
        });
        t.properties(client);
        t.properties(client, ['bufferedAmount', '_bufferedAmount']);
      };
      attempt('while connecting');
      client.close();
      attempt('while closing');
      await t.until('subject close');
      await t.turn();
      attempt('when closed');
      await t.settle();
    },
  },
  {
    name: 'handlers that were set before anything happened',
    async play(t) {
      const { url } = await t.rawServer(({ accept, socket, number }) => {
        if (number > 1) return switching('wrong');
        socket.on('end', () => socket.end());
        return Buffer.concat([
          Buffer.from(switching(accept)),
          Buffer.from([0x81, 0x02, 0x68, 0x69, 0x88, 0x02, 0x03, 0xe8]),
        ]);
      });
      for (const count of [1, 2]) {
        const client = dial(t, [url], { events: [] });
        for (const name of ['open', 'message', 'error', 'close']) {
          t.note(`on${name}`, client[`on${name}`]);
          client[`on${name}`] = t.callback(`on${name}`);
          client.addEventListener(name, t.callback(`listener of ${name}`));
          client.addEventListener(name, {
            handleEvent: t.callback(`object for ${name}`),
          });
        }
        await t.until('onclose called', { count });
      }
    },
  },
];
