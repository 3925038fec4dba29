'use strict';

const { once } = require('node:events');

const { upgradeRequest } = require('../../support/upgrade-request');

const SERVER_EVENTS = ['connection', 'headers', 'error', 'close'];

module.exports = [
  ...[true, false, 1, 0, '', 'yes', null, undefined].map((verdict) => ({
    name: `shouldHandle() returns ${typeof verdict} ${verdict}`,
    async play(t) {
      await meet(
        t,
        (Base) =>
          class extends Base {
            shouldHandle(request, ...rest) {
              t.note('shouldHandle', request, rest.length);
              return verdict;
            }
          },
      );
    },
  })),
  {
    name: 'shouldHandle() by a rule of the program, on top of path',
    async play(t) {
      const { port } = await start(
        t,
        (Base) =>
          class extends Base {
            shouldHandle(request) {
              const base = super.shouldHandle(request);
              t.note('shouldHandle', request.url, base);
              return base || request.url.startsWith('/also/');
            }
          },
        { path: '/here' },
      );
      for (const target of ['/here', '/also/there', '/elsewhere']) {
        await t.exchange(port, upgradeRequest({}, `GET ${target} HTTP/1.1`));
      }
    },
  },
  {
    name: 'shouldHandle() replaced on an instance',
    async play(t) {
      const { wss, port } = await start(t, (Base) => Base);
      wss.shouldHandle = () => false;
      await t.exchange(port, upgradeRequest());
      delete wss.shouldHandle;
      await t.exchange(port, upgradeRequest());
    },
  },
  {
    name: 'shouldHandle() and a promise',
    async play(t) {
      await meet(
        t,
        (Base) =>
          class extends Base {
            async shouldHandle() {
              return false;
            }
          },
      );
    },
  },
  {
    name: 'shouldHandle() throws',
    async play(t) {
      t.catchUncaught();
      await meet(
        t,
        (Base) =>
          class extends Base {
            shouldHandle({ socket }) {
              setImmediate(() => socket.destroy());
              throw new Error('of the program');
            }
          },
      );
    },
  },
  {
    name: 'shouldHandle() is asked only about requests in order',
    async play(t) {
      const { wss, port } = await t.server({
        verifyClient: () => t.note('verifyClient') ?? true,
      });
      wss.shouldHandle = t.callback('shouldHandle', () => true);
      await t.exchange(port, upgradeRequest({ 'Sec-WebSocket-Key': null }));
      await t.exchange(port, upgradeRequest({ 'Sec-WebSocket-Protocol': ';' }));
      await t.exchange(port, upgradeRequest());
    },
  },
  {
    name: 'shouldHandle() called by hand',
    async play(t) {
      for (const path of [undefined, '', '/', '/a', '/a?b']) {
        const wss = new t.ws.WebSocketServer({ noServer: true, path });
        for (const url of ['/', '/a', '/a?', '/a?b', '/a/b', '', '?', '?/a']) {
          t.note(`${path} ${url}`, wss.shouldHandle({ url }));
        }
      }
    },
  },
  {
    name: 'completeUpgrade(): its arguments',
    async play(t) {
      await meet(
        t,
        (Base) =>
          class extends Base {
            completeUpgrade(...args) {
              const [extensions, key, protocols, request, socket, head] = args;
              t.note('completeUpgrade', args.length, args);
              t.note('extension', extensions['permessage-deflate']?.params);
              t.note('key', key, protocols, head, socket === request.socket);
              t.note('callback', args[6].name, args[6].length);
              t.note('listeners', socket.listenerCount('error'));
              t.note('returned', super.completeUpgrade(...args));
              t.note('listeners', socket.listenerCount('error'));
            }
          },
        { perMessageDeflate: true },
        {
          'Sec-WebSocket-Protocol': 'a, b',
          'Sec-WebSocket-Extensions': 'permessage-deflate',
        },
      );
    },
  },
  {
    name: 'completeUpgrade(): other extensions, protocols and key',
    async play(t) {
      await meet(
        t,
        (Base) =>
          class extends Base {
            completeUpgrade(extensions, key, protocols, ...rest) {
              super.completeUpgrade({}, 'any key', new Set(['mine']), ...rest);
            }
          },
        { perMessageDeflate: true },
        { 'Sec-WebSocket-Extensions': 'permessage-deflate' },
      );
    },
  },
  {
    name: 'completeUpgrade() later, and with bytes of the program as head',
    async play(t) {
      const { wss, port } = await start(
        t,
        (Base) =>
          class extends Base {
            completeUpgrade(...args) {
              const frame = Buffer.from('8183000000006f6e65', 'hex');
              args[5] = Buffer.concat([frame, args[5]]);
              setImmediate(() => super.completeUpgrade(...args));
            }
          },
      );
      wss.on('connection', (websocket) => {
        t.watch(websocket, 'subject', { events: ['message', 'close'] });
      });
      const { socket } = await t.exchange(port, upgradeRequest());
      socket.write(Buffer.from('81830000000074776f', 'hex'));
      await t.until('subject message', { count: 2 });
    },
  },
  {
    name: 'completeUpgrade() refuses with an answer of its own',
    async play(t) {
      const { wss, port } = await start(
        t,
        (Base) =>
          class extends Base {
            completeUpgrade(extensions, key, protocols, request, socket) {
              socket.end(
                'HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\n\r\n',
              );
            }
          },
      );
      await t.exchange(port, upgradeRequest());
      t.note('clients', wss.clients.size);
    },
  },
  {
    name: 'handleUpgrade(): its arguments, and a callback of the program',
    async play(t) {
      await meet(
        t,
        (Base) =>
          class extends Base {
            handleUpgrade(request, socket, head, callback, ...rest) {
              t.note('handleUpgrade', request, socket, head, rest.length);
              t.note('callback', callback.name, callback.length);
              const result = super.handleUpgrade(
                request,
                socket,
                head,
                (websocket, ...more) => {
                  t.note('upgraded', websocket.readyState, more.length);
                  websocket.mark = 'marked';
                  t.note('emitted', callback(websocket, ...more, 'extra'));
                },
              );
              t.note('returned', result);
            }
          },
      );
    },
  },
  {
    name: 'handleUpgrade() without a callback',
    async play(t) {
      const { wss, port } = await start(
        t,
        (Base) =>
          class extends Base {
            handleUpgrade(request, socket, head) {
              try {
                super.handleUpgrade(request, socket, head);
              } catch (error) {
                // Its words are the engine's.
                t.note('threw', error.constructor.name, this.clients.size);
              }
            }
          },
      );
      await t.exchange(port, upgradeRequest());
      const [websocket] = wss.clients;
      t.properties(websocket);
      const closed = once(websocket, 'close');
      websocket.terminate();
      await closed;
      t.note('clients', wss.clients.size);
    },
  },
  {
    name: 'the methods are looked up at each request',
    async play(t) {
      const { wss, port } = await start(t, (Base) => Base);
      wss.handleUpgrade = (request, socket) => {
        t.note('replaced');
        socket.end();
      };
      await t.exchange(port, upgradeRequest());
      delete wss.handleUpgrade;
      wss.completeUpgrade = (...args) => {
        t.note('replaced', args.length);
        args[4].end();
      };
      await t.exchange(port, upgradeRequest());
      delete wss.completeUpgrade;
      wss.emit = t.callback('emit', () => false);
      await t.exchange(port, upgradeRequest());
      delete wss.emit;
    },
  },
  {
    name: 'the constructor of a subclass: what it hands up',
    async play(t) {
      class Mine extends t.ws.WebSocketServer {
        constructor(options, callback, ...rest) {
          super({ ...options, mine: 1 }, callback, ...rest);
          this.name = 'mine';
        }
        address() {
          return { ...super.address(), by: this.name };
        }
        close(callback) {
          t.note('close', typeof callback);
          return super.close(callback);
        }
      }
      const wss = new Mine(
        { port: 0, host: '127.0.0.1' },
        t.callback('listening'),
        'extra',
      );
      await t.until('listening called');
      t.hidePort(wss.address().port);
      t.note('address', wss.address(), wss.options.mine);
      t.note('classes', wss instanceof t.ws.Server, wss.constructor.name);
      wss.close(t.callback('closed'));
      await t.until('closed');
    },
  },
];

async function start(t, extend, options = {}) {
  const { wss, port } = await t.server(options, {
    WebSocketServer: extend(t.ws.WebSocketServer),
  });
  t.watch(wss, 'server', { events: SERVER_EVENTS, properties: [] });
  wss.on('connection', (websocket) => {
    t.note('mark', websocket.mark);
    t.properties(websocket);
  });
  return { wss, port };
}

/** One client in front of a server of such a class. */
async function meet(t, extend, options, changes) {
  const { port } = await start(t, extend, options);
  await t.exchange(port, upgradeRequest(changes));
}
