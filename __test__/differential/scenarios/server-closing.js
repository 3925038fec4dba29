'use strict';

const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');

const { upgradeRequest } = require('../../support/upgrade-request');

const MODES = ['port', 'server', 'noServer'];
const HTTP_EVENTS = ['listening', 'error', 'upgrade', 'request', 'close'];

module.exports = [
  ...MODES.map((mode) => ({
    name: `close() without clients, ${mode}`,
    async play(t) {
      const { wss, server } = await start(t, mode);
      noteState(t, wss, server);
      t.call('close', () => wss.close(t.callback('closed')));
      noteState(t, wss, server);
      t.markers('close');
      await t.until('closed');
      noteState(t, wss, server);
      t.note('listens', server?.listening);
      await t.settle();
    },
  })),
  ...MODES.map((mode) => ({
    name: `close() again and again, ${mode}`,
    async play(t) {
      const { wss, server } = await start(t, mode);
      t.call('first', () => wss.close(t.callback('first')));
      t.call('second', () => wss.close(t.callback('second')));
      t.call('without callback', () => wss.close());
      await t.until('second called');
      t.call('late', () => wss.close(t.callback('late')));
      t.call('later', () => wss.close(t.callback('later')));
      noteState(t, wss, server);
      await t.until('later called');
      t.call('last', () => wss.close());
      await t.until('server close', { count: 4 });
      await t.settle();
      t.note('listeners', wss.listenerCount('close'));
    },
  })),
  ...MODES.flatMap((mode) =>
    [true, false].map((clientTracking) => ({
      name: `close() with a client, ${mode}, clientTracking: ${clientTracking}`,
      async play(t) {
        const { wss, server, port } = await start(t, mode, { clientTracking });
        const { client, websocket } = await connect(t, wss, port);
        const other = await connect(t, wss, port, 'second');
        t.call('close', () => wss.close(t.callback('closed')));
        noteState(t, wss, server);
        await t.turn();
        await t.turn();
        t.note('a client', websocket.readyState, wss.clients?.size);
        // What is open goes on as if nothing had happened.
        client.send('still here');
        await t.until('first message');
        client.close(1000, 'bye');
        await t.until('first close');
        t.note('left', wss.clients?.size, wss._state);
        await t.turn();
        other.websocket.terminate();
        await t.until('second close');
        await t.until('closed');
        noteState(t, wss, server);
      },
    })),
  ),
  {
    name: 'close() in the close event of the last client',
    async play(t) {
      const { wss, port } = await start(t, 'server');
      const { client, websocket } = await connect(t, wss, port);
      websocket.on('close', () => {
        t.note('clients', wss.clients.size);
        wss.close(t.callback('closed'));
        t.markers('close');
      });
      client.close();
      await t.until('closed');
      await t.settle();
    },
  },
  {
    name: 'a client that comes in while the server closes, on one connection',
    async play(t) {
      const { wss, port, server } = await start(t, 'server');
      server.prependListener('upgrade', () => {
        t.call('close', () => wss.close(t.callback('closed')));
      });
      server.on('upgrade', (request, socket) => {
        t.note('upgrade', socket.destroyed, socket.bytesWritten);
        setImmediate(() => socket.destroy());
      });
      await t.exchange(port, upgradeRequest());
      await t.until('closed');
      t.note('clients', wss.clients.size);
    },
  },
  ...[0, 1, 2].map((state) => ({
    name: `an upgrade in the state ${state}`,
    async play(t) {
      const { wss, port } = await start(t, 'server');
      wss._state = state;
      wss.on('headers', t.callback('headers'));
      await t.exchange(port, upgradeRequest({ 'Sec-WebSocket-Version': '8' }));
      await t.exchange(port, upgradeRequest({ 'Sec-WebSocket-Version': '9' }));
      wss._state = 0;
    },
  })),
  {
    name: 'handleUpgrade() after close() is answered with 503',
    async play(t) {
      const { wss, port, server } = await start(t, 'noServer');
      t.after(() => server?.close());
      wss.close();
      await t.until('server close');
      await t.exchange(port, upgradeRequest());
    },
  },
  {
    name: 'terminate() of all clients after close()',
    async play(t) {
      const { wss, port } = await start(t, 'server');
      // In which order they close is libuv's affair: none of them has a name here.
      for (let i = 0; i < 3; i++) await connect(t, wss, port, 'a client');
      wss.close(t.callback('closed'));
      for (const client of wss.clients) client.terminate();
      t.note('clients', wss.clients.size);
      await t.until('closed');
      t.note('clients', wss.clients.size, wss._state);
    },
  },
  {
    name: 'clients is changed by the program',
    async play(t) {
      const { wss, port } = await start(t, 'server');
      const { websocket } = await connect(t, wss, port);
      wss.clients.delete(websocket);
      wss.close(t.callback('closed'));
      await t.until('closed');
      websocket.terminate();
      await t.until('first close');
      await t.settle();
    },
  },
  {
    name: 'clients is replaced by the program',
    async play(t) {
      const { wss, port } = await start(t, 'server');
      const { websocket } = await connect(t, wss, port);
      const before = wss.clients;
      wss.clients = new Set();
      await connect(t, wss, port, 'second');
      t.note('sizes', before.size, wss.clients.size);
      websocket.terminate();
      await t.until('first close');
      t.note('sizes', before.size, wss.clients.size);
    },
  },
  {
    name: 'address() in each state',
    async play(t) {
      for (const mode of MODES) {
        const { wss } = await start(t, mode);
        const address = (label) => t.call(label, () => wss.address());
        address(`${mode} open`);
        wss.close(() => address(`${mode} in close`));
        address(`${mode} closing`);
        await once(wss, 'close');
        address(`${mode} closed`);
      }
      const server = http.createServer();
      const wss = new t.ws.WebSocketServer({ server });
      t.call('not listening', () => wss.address());
      wss.close();
    },
  },
  {
    name: 'address() of a server on a Unix socket',
    async play(t) {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'differential-'));
      t.after(() => fs.rmSync(folder, { recursive: true }));
      const file = path.join(folder, 'socket');
      const server = http.createServer();
      const wss = new t.ws.WebSocketServer({ server });
      watch(t, wss);
      server.listen(file);
      await t.until('server listening');
      t.note('address', wss.address() === file);
      wss.on('connection', (websocket) => {
        websocket.on('message', (data) => websocket.send(data));
      });
      const client = new t.Peer(`ws+unix:${file}`);
      client.on('open', () => client.send('over a file'));
      client.on('message', (data) => {
        t.note('message', data);
        client.close();
      });
      await once(client, 'close');
      wss.close(t.callback('closed'));
      await t.until('closed');
      await new Promise((resolve) => server.close(resolve));
    },
  },
  {
    name: 'the HTTP server of the program is closed first',
    async play(t) {
      const { wss, server } = await start(t, 'server');
      server.close(t.callback('server closed'));
      await t.until('server closed');
      noteState(t, wss, server);
      t.call('address', () => wss.address());
      t.call('close', () => wss.close(t.callback('closed')));
      await t.until('closed');
    },
  },
  {
    name: 'the own HTTP server is closed by the program',
    async play(t) {
      t.catchUncaught();
      const { wss } = await start(t, 'port');
      const own = wss._server;
      own.close(t.callback('own closed'));
      await t.until('own closed');
      noteState(t, wss, own);
      t.call('close', () => wss.close(t.callback('closed')));
      await t.until('closed');
      noteState(t, wss, own);
    },
  },
  {
    name: 'close() before the server listens',
    async play(t) {
      const wss = new t.ws.WebSocketServer(
        { port: 0, host: '127.0.0.1' },
        t.callback('callback'),
      );
      watch(t, wss);
      t.call('close', () => wss.close(t.callback('closed')));
      t.call('address', () => wss.address());
      await t.until('closed');
      await t.settle();
    },
  },
  {
    name: 'errors and listening of the HTTP server after close() are not heard',
    async play(t) {
      const server = http.createServer();
      const wss = new t.ws.WebSocketServer({ server });
      watch(t, wss);
      t.call('error', () => server.emit('error', new Error('first')));
      t.call('listening', () => server.emit('listening', 'more', 1));
      wss.close();
      await t.until('server close');
      t.call('error', () => server.emit('error', new Error('second')));
      t.call('listening', () => server.emit('listening'));
    },
  },
  {
    name: 'the listeners on an external server come and go',
    async play(t) {
      const server = http.createServer(() => {});
      const mine = () => {};
      for (const event of HTTP_EVENTS) server.on(event, mine);
      noteListeners(t, server);
      const first = new t.ws.WebSocketServer({ server });
      const second = new t.ws.WebSocketServer({ server });
      noteListeners(t, server);
      first.close();
      noteListeners(t, server);
      server.removeAllListeners('upgrade');
      second.close();
      noteListeners(t, server);
    },
  },
  {
    name: 'a callback of close() that is no function',
    async play(t) {
      const { wss } = await start(t, 'noServer');
      t.call('null', () => wss.close(null));
      t.call('false', () => wss.close(false));
      t.call('text', () => wss.close('text'));
      t.call('object', () => wss.close({}));
      await t.until('server close');
    },
  },
];

async function start(t, mode, options = {}) {
  if (mode === 'port') {
    const { wss, port } = await t.server(options);
    watch(t, wss);
    return { wss, port };
  }
  const server = http.createServer();
  const wss = new t.ws.WebSocketServer(
    mode === 'server' ? { ...options, server } : { ...options, noServer: true },
  );
  watch(t, wss);
  if (mode === 'noServer') {
    server.on('upgrade', (request, socket, head) => {
      wss.handleUpgrade(request, socket, head, (websocket) => {
        wss.emit('connection', websocket, request);
      });
    });
  }
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const client of wss.clients ?? []) client.terminate();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address();
  t.hidePort(port);
  return { wss, port, server: mode === 'server' ? server : undefined };
}

async function connect(t, wss, port, name = 'first') {
  const connection = once(wss, 'connection');
  const client = new t.Peer(`ws://127.0.0.1:${port}`);
  t.after(() => client.terminate());
  client.on('error', () => {});
  const [[websocket]] = await Promise.all([connection, once(client, 'open')]);
  websocket.on('message', (data) => t.note(`${name} message`, data));
  websocket.on('close', (code, reason) => {
    t.note(`${name} close`, code, reason, wss.clients?.size);
  });
  return { client, websocket };
}

function watch(t, wss) {
  t.watch(wss, 'server', {
    events: ['listening', 'error', 'close'],
    properties: ['_state'],
  });
}

function noteState(t, wss, server) {
  t.properties(wss, ['_state', '_shouldEmitClose']);
  t.note('server', typeof wss._server, wss._server === null);
  t.note('removal', typeof wss._removeListeners, wss._removeListeners === null);
  if (server) noteListeners(t, server);
}

function noteListeners(t, server) {
  t.note(
    'listeners',
    HTTP_EVENTS.map((event) => `${event} ${server.listenerCount(event)}`),
  );
}
