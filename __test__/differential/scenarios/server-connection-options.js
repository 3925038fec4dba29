'use strict';

const net = require('node:net');

const { OPCODE, buildFrame, closePayload } = require('../../support/frames');
const { upgradeRequest } = require('../../support/upgrade-request');

const SERVER = ['server'];
const UNUSUAL_NUMBERS = [null, undefined, NaN, '3', 3.9, -1, true, {}, 2 ** 32];

const text = (raw, payload, more = {}) =>
  raw.build({ opcode: OPCODE.TEXT, payload, ...more });

module.exports = [
  ...[0, 3, ...UNUSUAL_NUMBERS].map((maxPayload) => ({
    name: `maxPayload: ${typeof maxPayload} ${maxPayload}`,
    roles: SERVER,
    async play(t) {
      const { raw, deliver } = await t.connectRaw({ subject: { maxPayload } });
      await deliver(text(raw, 'abc'));
      await t.settle();
      await deliver(text(raw, 'abcd'));
      await t.settle();
    },
  })),
  ...[0, 2, ...UNUSUAL_NUMBERS].map((maxFragments) => ({
    name: `maxFragments: ${typeof maxFragments} ${maxFragments}`,
    roles: SERVER,
    async play(t) {
      const { raw, deliver } = await t.connectRaw({
        subject: { maxFragments },
      });
      for (const count of [2, 3, 4]) {
        const frames = Array.from({ length: count }, (_, i) =>
          raw.build({
            opcode: i === 0 ? OPCODE.TEXT : OPCODE.CONTINUATION,
            fin: i === count - 1,
            payload: String(i),
          }),
        );
        await deliver(Buffer.concat(frames));
        await t.settle();
      }
    },
  })),
  ...[0, 3, ...UNUSUAL_NUMBERS].map((maxBufferedChunks) => ({
    name: `maxBufferedChunks: ${typeof maxBufferedChunks} ${maxBufferedChunks}`,
    roles: SERVER,
    async play(t) {
      const { raw, deliver } = await t.connectRaw({
        subject: { maxBufferedChunks },
      });
      const frame = text(raw, 'abcdefghij');
      await deliver(...[0, 4, 8, 12].map((at) => frame.subarray(at, at + 4)));
      await t.settle();
    },
  })),
  ...[true, false, undefined, 0, 'yes'].map((skipUTF8Validation) => ({
    name: `skipUTF8Validation: ${JSON.stringify(skipUTF8Validation)}`,
    roles: SERVER,
    async play(t) {
      const { raw, deliver } = await t.connectRaw({
        subject: { skipUTF8Validation },
      });
      await deliver(text(raw, Buffer.from([0x61, 0xff])));
      await t.settle();
      await deliver(
        raw.build({
          opcode: OPCODE.CLOSE,
          payload: Buffer.concat([closePayload(1000), Buffer.from([0xff])]),
        }),
      );
      await t.settle();
    },
  })),
  ...[true, false, undefined, 0, 1].map((allowSynchronousEvents) => ({
    name: `allowSynchronousEvents: ${JSON.stringify(allowSynchronousEvents)}`,
    roles: SERVER,
    async play(t) {
      const { raw, deliver } = await t.connectRaw({
        subject: { allowSynchronousEvents },
        watch: { markers: ['tick', 'microtask'] },
      });
      await deliver(
        Buffer.concat([
          text(raw, 'one'),
          raw.build({ opcode: OPCODE.PONG, payload: 'two' }),
          raw.build({ opcode: OPCODE.PING, payload: 'three' }),
          text(raw, 'four'),
        ]),
      );
      await t.settle();
    },
  })),
  ...[true, false, undefined, 0, 1, null].map((autoPong) => ({
    name: `autoPong: ${JSON.stringify(autoPong)}`,
    roles: SERVER,
    async play(t) {
      const { subject, raw, deliver } = await t.connectRaw({
        subject: { autoPong },
      });
      t.properties(subject, ['_autoPong', '_maxPendingAutoPongs']);
      await deliver(raw.build({ opcode: OPCODE.PING, payload: 'ping' }));
      await t.settle();
    },
  })),
  ...[60, 0, 1, ...UNUSUAL_NUMBERS].map((maxPendingAutoPongs) => ({
    name: `maxPendingAutoPongs: ${typeof maxPendingAutoPongs} ${maxPendingAutoPongs}`,
    roles: SERVER,
    async play(t) {
      const { subject, raw, deliver } = await t.connectRaw({
        subject: { maxPendingAutoPongs },
      });
      t.properties(subject, ['_autoPong', '_maxPendingAutoPongs']);
      for (const payload of ['one', 'two']) {
        await deliver(raw.build({ opcode: OPCODE.PING, payload }));
        await t.settle();
      }
    },
  })),
  ...[1, 2, 3, '2', 2.9].map((maxPendingAutoPongs) => ({
    name: `three pings of one segment with maxPendingAutoPongs: ${typeof maxPendingAutoPongs} ${maxPendingAutoPongs}`,
    roles: SERVER,
    async play(t) {
      const { raw, deliver } = await t.connectRaw({
        subject: { maxPendingAutoPongs },
      });
      const pings = ['one', 'two', 'three'].map((payload) =>
        raw.build({ opcode: OPCODE.PING, payload }),
      );
      await deliver(Buffer.concat(pings));
      await t.settle();
    },
  })),
  ...[undefined, 30_000, 0, 1, 20, '20', null, NaN].map((closeTimeout) => ({
    name: `closeTimeout: ${typeof closeTimeout} ${closeTimeout}`,
    roles: SERVER,
    async play(t) {
      const { subject } = await t.connectRaw({
        subject: closeTimeout === undefined ? {} : { closeTimeout },
        allowHalfOpen: true,
      });
      t.properties(subject, ['_closeTimeout', '_closeTimer']);
      subject.close(1000);
      t.note(
        'timer',
        typeof subject._closeTimer,
        subject._closeTimer?._idleTimeout,
      );
      if (closeTimeout !== undefined && closeTimeout !== 30_000) {
        await t.until('subject close');
      }
    },
  })),
  {
    name: 'a subclass of WebSocket: what its constructor is given',
    async play(t) {
      class Connection extends t.ws.WebSocket {
        constructor(...args) {
          t.note('constructor', args.length, args[0], args[1]);
          t.note('options', args[2] === wss.options);
          super(...args);
          t.properties(this, ['_isServer', 'readyState', '_closeTimeout']);
        }
        greet() {
          this.send('hello');
        }
        emit(name, ...args) {
          t.note('emit', name, ...args);
          return super.emit(name, ...args);
        }
      }
      const { wss, port } = await t.server({ WebSocket: Connection });
      wss.on('connection', (websocket) => {
        t.note('connection', websocket instanceof Connection);
        websocket.greet();
        websocket.close(1000);
      });
      const socket = dial(t, port);
      await t.until('connection');
      socket.end(buildFrame({ opcode: OPCODE.CLOSE, mask: true, payload: '' }));
      await t.until('emit "close"');
      await t.until('all', { lane: 'raw' });
    },
  },
  {
    name: 'a subclass of WebSocket: setSocket() changes the options',
    async play(t) {
      class Connection extends t.ws.WebSocket {
        setSocket(socket, head, options, ...rest) {
          t.note('setSocket', head, Object.keys(options).sort(), rest);
          t.note('options', { ...options }.maxPayload, socket.bytesWritten);
          super.setSocket(socket, head, { ...options, maxPayload: 3 });
        }
      }
      await converse(t, { WebSocket: Connection });
    },
  },
  {
    name: 'a subclass of WebSocket: setSocket() has options of its own',
    async play(t) {
      class Connection extends t.ws.WebSocket {
        setSocket(socket, head) {
          super.setSocket(socket, head, { maxPayload: 3 });
        }
      }
      await converse(t, { WebSocket: Connection });
    },
  },
  {
    name: 'a subclass of WebSocket: setSocket() writes before the base does',
    async play(t) {
      class Connection extends t.ws.WebSocket {
        setSocket(socket, head, options) {
          socket.write(buildFrame({ opcode: OPCODE.TEXT, payload: 'first' }));
          super.setSocket(socket, head, options);
        }
      }
      await converse(t, { WebSocket: Connection });
    },
  },
  {
    name: 'a subclass of WebSocket: setSocket() throws',
    async play(t) {
      t.catchUncaught();
      class Connection extends t.ws.WebSocket {
        setSocket(socket) {
          setImmediate(() => socket.destroy());
          throw new Error('of the program');
        }
      }
      const { wss, port } = await t.server({ WebSocket: Connection });
      wss.on('connection', t.callback('connection'));
      await t.exchange(port, upgradeRequest());
      t.note('clients', wss.clients.size);
    },
  },
  {
    name: 'a subclass of WebSocket: the constructor throws',
    async play(t) {
      t.catchUncaught();
      class Connection extends t.ws.WebSocket {
        constructor(...args) {
          super(...args);
          throw new Error('of the program');
        }
      }
      const { wss, port } = await t.server({ WebSocket: Connection });
      wss._server.prependListener('upgrade', (request, socket) => {
        setImmediate(() => socket.destroy());
      });
      await t.exchange(port, upgradeRequest());
      t.note('clients', wss.clients.size);
    },
  },
  {
    name: 'a subclass of WebSocket: open during the upgrade',
    async play(t) {
      class Connection extends t.ws.WebSocket {
        constructor(...args) {
          super(...args);
          this.on('open', () => {
            t.note('open', this.readyState);
            this.send('from open');
          });
        }
      }
      await converse(t, { WebSocket: Connection });
    },
  },
  {
    name: 'options that are changed while the server runs',
    async play(t) {
      const { wss, port } = await t.server();
      wss.on('connection', (websocket) => {
        t.note('connection', websocket._receiver._maxPayload);
        t.properties(websocket, ['_closeTimeout', '_autoPong', 'extensions']);
      });
      const offer = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
      await t.exchange(port, upgradeRequest(offer));
      Object.assign(wss.options, {
        maxPayload: 5,
        closeTimeout: 7,
        autoPong: false,
        perMessageDeflate: true,
        path: '/now',
      });
      await t.exchange(port, upgradeRequest(offer));
      await t.exchange(port, upgradeRequest(offer, 'GET /now HTTP/1.1'));
    },
  },
];

/** A greeting of the server behind its answer, and a message that is one byte too long for some. */
async function converse(t, options) {
  const { wss, port } = await t.server(options);
  wss.on('connection', (websocket) => {
    t.note('connection', wss.clients.size);
    t.watch(websocket, 'subject');
    websocket.send('greeting');
  });
  const socket = dial(t, port);
  await t.until('connection');
  socket.write(
    buildFrame({ opcode: OPCODE.TEXT, payload: 'four', mask: true }),
  );
  await t.until(/^subject (message|error)/);
  socket.end();
  await t.until('subject close');
  await t.until('all', { lane: 'raw' });
  t.note('clients', wss.clients.size);
}

/** A client that notes, at its end, all it was sent. */
function dial(t, port) {
  const socket = net.connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  let all = '';
  socket.on('data', (chunk) => (all += chunk.toString('latin1')));
  socket.on('close', () => t.lane('raw').note('all', all));
  socket.write(`${upgradeRequest().join('\r\n')}\r\n\r\n`);
  return socket;
}
