'use strict';

const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const { upgradeRequest } = require('../../support/upgrade-request');

const SERVER_EVENTS = ['listening', 'connection', 'error', 'close'];

module.exports = [
  ...modes().map(([name, options]) => ({
    name: `the mode ${name}`,
    async play(t) {
      const wss = construct(t, options());
      if (!wss) return;
      t.note('own properties', Object.keys(wss).sort());
      t.properties(wss, ['_state', 'clients', '_shouldEmitClose']);
      t.note('has a server', typeof wss._server, typeof wss._removeListeners);
      t.call('address', () => wss.address() && 'an address');
      if (wss.options.port != null) await t.until('server listening');
    },
  })),
  ...[
    ['no arguments', []],
    ['null', [null]],
    ['a number', [8080]],
    ['a string', ['8080']],
    ['an array', [[8080]]],
  ].map(([name, args]) => ({
    name: `a server is constructed with ${name}`,
    async play(t) {
      t.call('new', () => new t.ws.WebSocketServer(...args));
    },
  })),
  {
    name: 'a server is called without new',
    async play(t) {
      const { WebSocketServer } = t.ws;
      t.call('call', () => WebSocketServer({ noServer: true }));
      t.note('class', WebSocketServer.name, WebSocketServer.length);
      t.note('alias', t.ws.Server === WebSocketServer);
      t.note(
        'methods',
        Object.getOwnPropertyNames(WebSocketServer.prototype).sort(),
      );
      for (const name of ['close', 'handleUpgrade', 'completeUpgrade']) {
        t.note(name, WebSocketServer.prototype[name].length);
      }
    },
  },
  {
    name: 'options that are not given have their defaults',
    async play(t) {
      const given = { noServer: true };
      const wss = construct(t, given);
      const { WebSocket, ...options } = wss.options;
      t.note('options', sorted(options));
      t.note('WebSocket', WebSocket === t.ws.WebSocket);
      t.note('given', given, wss.options === given);
    },
  },
  {
    name: 'options that are undefined take the place of defaults',
    async play(t) {
      const names = Object.keys(construct(t, { noServer: true }).options);
      const given = Object.fromEntries(names.map((name) => [name, undefined]));
      const wss = construct(t, { ...given, noServer: true });
      t.note('options', sorted(wss.options));
      t.note('clients', wss.clients);
    },
  },
  {
    name: 'options of which the server knows nothing are kept',
    async play(t) {
      const symbol = Symbol('of the program');
      const inherited = Object.create({ noServer: false, path: '/inherited' });
      Object.assign(inherited, { noServer: true, mine: 1, [symbol]: 2 });
      const { options } = construct(t, inherited);
      t.note('options', options.mine, options[symbol], options.path);
    },
  },
  ...[true, false, {}, { threshold: 7 }, null, 0, 'yes', []].map((value) => ({
    name: `perMessageDeflate: ${JSON.stringify(value)}`,
    async play(t) {
      const { wss, port } = await t.server({ perMessageDeflate: value });
      t.note('option', wss.options.perMessageDeflate);
      t.note('is the same', wss.options.perMessageDeflate === value);
      wss.on('connection', (websocket) =>
        t.note('connection', websocket.extensions),
      );
      await t.exchange(
        port,
        upgradeRequest({ 'Sec-WebSocket-Extensions': 'permessage-deflate' }),
      );
      await t.until('connection');
    },
  })),
  ...[true, false, 0, 1, null, undefined, ''].map((value) => ({
    name: `clientTracking: ${JSON.stringify(value)}`,
    async play(t) {
      const { wss, port } = await t.server({ clientTracking: value });
      t.properties(wss, ['clients', '_shouldEmitClose']);
      const connected = once(wss, 'connection');
      const { socket } = await t.exchange(port, upgradeRequest());
      const [websocket] = await connected;
      t.note('clients', wss.clients?.size, wss.clients?.has(websocket));
      websocket.on('close', () => t.note('close', wss.clients?.size));
      socket.end();
      await t.until('close');
    },
  })),
  ...[0, '0', NaN, -1, 65536, 1.5, 'abc def', '', true, false, {}, []].map(
    (port) => ({
      name: `port: ${typeof port} ${JSON.stringify(port)}`,
      async play(t) {
        t.catchUncaught();
        // A port that is no number is a path to Node: none of these shall be made.
        if (port === 'abc def') port = path.join('/', 'no', 'such', 'folder');
        const wss = construct(t, { port, host: '127.0.0.1' });
        if (!wss) return;
        await t.until(/^server (listening|error)/);
        t.note('address', typeof wss.address());
        t.note('option', wss.options.port);
      },
    }),
  ),
  {
    name: 'the callback hears listening before anybody else',
    async play(t) {
      const wss = construct(
        t,
        { port: 0, host: '127.0.0.1' },
        t.callback('callback', function report() {
          t.note('this', this === wss._server);
        }),
      );
      t.call('address', () => wss.address());
      t.note('listeners', countListeners(wss._server));
      await t.until('server listening');
      t.hidePort(wss.address().port);
      t.note('address', wss.address());
      t.note('listens', wss._server.listening);
      t.note('class', wss._server instanceof http.Server);
    },
  },
  {
    name: 'a callback without a port is never called',
    async play(t) {
      const server = listenLater(t);
      construct(t, { noServer: true }, t.callback('noServer'));
      construct(t, { server }, t.callback('server'));
      server.listen(0, '127.0.0.1');
      await t.until('server listening');
      await t.settle();
    },
  },
  ...[1, 0, '5', null, undefined, NaN, 'x'].map((backlog) => ({
    name: `backlog: ${typeof backlog} ${backlog}`,
    async play(t) {
      const listen = net.Server.prototype.listen;
      net.Server.prototype.listen = function listenNoted(...args) {
        t.note('listen', ...args);
        return listen.apply(this, args);
      };
      let wss;
      try {
        wss = construct(t, { port: 0, host: '127.0.0.1', backlog }, () => {});
      } finally {
        net.Server.prototype.listen = listen;
      }
      await t.until('server listening');
      t.hidePort(wss.address().port);
      await t.exchange(wss.address().port, upgradeRequest());
      await t.until('server connection');
    },
  })),
  ...['127.0.0.1', 'localhost', '0.0.0.0', null, undefined].map((host) => ({
    name: `host: ${host}`,
    async play(t) {
      const wss = construct(t, { port: 0, host });
      await t.until('server listening');
      t.hidePort(wss.address().port);
      t.note('address', wss.address());
      t.note('option', wss.options.host);
    },
  })),
  {
    name: 'a host that is not of this machine is an error event',
    async play(t) {
      const wss = construct(t, { port: 0, host: '192.0.2.1' });
      await t.until('server error');
      t.call('address', () => wss.address());
      t.properties(wss, ['_state']);
      t.call('close', () => wss.close(t.callback('closed')));
      await t.until('closed');
    },
  },
  {
    name: 'a port that is taken is an error event',
    async play(t) {
      const { port } = await t.server();
      const wss = construct(
        t,
        { port, host: '127.0.0.1' },
        t.callback('callback'),
      );
      await t.until('server error');
      t.call('address', () => wss.address());
      t.call('close', () => wss.close(t.callback('closed')));
      await t.until('closed');
    },
  },
  {
    name: 'a listening error that nobody hears is thrown',
    async play(t) {
      t.catchUncaught();
      const { port } = await t.server();
      const wss = new t.ws.WebSocketServer({ port, host: '127.0.0.1' });
      t.after(() => wss.close());
      await t.until('uncaught', { lane: 'process' });
    },
  },
  {
    name: 'a path in place of the port is a Unix socket',
    async play(t) {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'differential-'));
      t.after(() => fs.rmSync(folder, { recursive: true }));
      const file = path.join(folder, 'socket');
      const wss = construct(t, { port: file });
      wss.on('connection', (websocket) => {
        websocket.on('message', (data) => websocket.send(`${data} back`));
      });
      await t.until('server listening');
      t.note('address', wss.address() === file);

      const client = new t.Peer(`ws+unix:${file}:/somewhere`);
      t.after(() => client.terminate());
      t.lane('peer').watch(client, 'peer');
      client.on('open', () => client.send('there'));
      await t.until('peer message', { lane: 'peer' });
      client.close(1000);
      await t.until('peer close', { lane: 'peer' });
      await new Promise((resolve) => wss.close(resolve));
      t.note('file', fs.existsSync(file));
    },
  },
];

/** What may be given of `port`, `server` and `noServer`, and what may not. */
function modes() {
  const server = () => http.createServer();
  return [
    ['none', () => ({})],
    ['port', () => ({ port: 0, host: '127.0.0.1' })],
    ['server', () => ({ server: server() })],
    ['noServer', () => ({ noServer: true })],
    ['port and server', () => ({ port: 0, server: server() })],
    ['port and noServer', () => ({ port: 0, noServer: true })],
    ['server and noServer', () => ({ server: server(), noServer: true })],
    ['all', () => ({ port: 0, server: server(), noServer: true })],
    ['null port', () => ({ port: null })],
    ['undefined port', () => ({ port: undefined, noServer: true })],
    ['null server', () => ({ server: null, noServer: true })],
    ['noServer: false', () => ({ noServer: false })],
    ['noServer: 1', () => ({ noServer: 1 })],
    ['port and noServer: false', () => ({ port: 0, noServer: false })],
  ];
}

/** A server, or what its constructor threw; ended with the scenario. */
function construct(t, ...args) {
  let wss;
  try {
    wss = new t.ws.WebSocketServer(...args);
  } catch (error) {
    t.note('constructor threw', error);
    return undefined;
  }
  t.watch(wss, 'server', { events: SERVER_EVENTS, properties: [] });
  t.after(() => {
    for (const client of wss.clients ?? []) client.terminate();
    wss.close();
  });
  return wss;
}

function listenLater(t) {
  const server = http.createServer();
  t.after(() => server.close());
  return server;
}

/** Which comes first in an object is not what it says. */
function sorted(object) {
  return Object.fromEntries(
    Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function countListeners(emitter) {
  return ['listening', 'error', 'upgrade', 'request', 'connection'].map(
    (event) => `${event} ${emitter.listenerCount(event)}`,
  );
}
