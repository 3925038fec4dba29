'use strict';

// Listeners that call the API again: everything that may be done to a WebSocket is done to it within
// each of its events. Whatever comes of that, `close` comes once, each callback is called once, and
// the peer gets frames that are in order.

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const { connectRaw, startServer } = require('../support/connections');
const { OPCODE, buildFrame } = require('../support/frames');
const { exchange } = require('../support/raw-http');
const { connectRawClient, listenRaw } = require('../support/raw-peer');
const { listen } = require('../support/servers');
const subject = require('../support/subject');
const { upgradeRequest } = require('../support/upgrade-request');
const { eventOf, until } = require('../support/waiting');

const { WebSocket } = subject;

/** As a server and as a client has it. */
const EMPTY_PONG = [false, true].map((mask) =>
  buildFrame({ opcode: OPCODE.PONG, mask }),
);

const OPCODES = new Set(Object.values(OPCODE));

const DEEDS = {
  send: (ws, done) => ws.send('deed', done),
  'send much': (ws, done) => ws.send(Buffer.alloc(300_000), done),
  'send a Blob': (ws, done) => ws.send(new Blob(['deed']), done),
  ping: (ws, done) => ws.ping('deed', undefined, done),
  pong: (ws, done) => ws.pong('deed', undefined, done),
  close: (ws) => ws.close(1000, 'deed'),
  terminate: (ws) => ws.terminate(),
  'pause and resume'(ws) {
    ws.pause();
    setImmediate(() => ws.resume());
  },
  'pause and terminate'(ws) {
    ws.pause();
    ws.terminate();
  },
  'send and terminate'(ws, done) {
    ws.send('deed', done);
    ws.terminate();
  },
  'close and terminate'(ws) {
    ws.close();
    ws.terminate();
  },
  'destroy the socket': (ws) => ws._socket?.destroy(),
  'end the socket': (ws) => ws._socket?.end(),
  'reset the socket': (ws) => ws._socket?.resetAndDestroy(),
  'write to the socket': (ws) =>
    ws._socket?.write(EMPTY_PONG[ws._isServer ? 0 : 1]),
  'change the binary type'(ws) {
    ws.binaryType = 'fragments';
    ws.binaryType = 'arraybuffer';
  },
  'remove all listeners'(ws) {
    for (const event of ['message', 'ping', 'pong', 'open']) {
      ws.removeAllListeners(event);
    }
  },
  'listen again': (ws) => ws.on('message', () => {}),
};

for (const event of ['message', 'ping', 'pong', 'close', 'error']) {
  for (const role of ['server', 'client']) {
    test(`everything is done within '${event}' [${role}]`, async (t) => {
      await Promise.all(
        Object.entries(DEEDS).map(async ([name, deed]) => {
          const { subject: ws, raw } = await connectRaw(t, role);
          await doWithin(ws, event, deed, name, () => provoke(raw));
          await raw.end();
          check(raw, name);
        }),
      );
    });
  }
}

test("everything is done within 'connection' [server]", async (t) => {
  for (const [name, deed] of Object.entries(DEEDS)) {
    const { wss, port } = await startServer(t, subject);
    const over = new Promise((resolve, reject) => {
      wss.once('connection', (ws) => {
        observed(ws, deed, name).then(resolve, reject);
      });
    });
    let raw;
    try {
      raw = await connectRawClient(t, port);
    } catch {
      // It was ended before it was answered.
      await over;
      continue;
    }
    provoke(raw);
    await over;
    await raw.end();
    check(raw, name);
    await until(() => wss.clients.size === 0, `${name}: clients are left`);
  }

  /** Does something at once, and waits for the end. */
  function observed(ws, deed, name) {
    return doWithin(ws, null, deed, name, () => {});
  }
});

for (const event of ['open', 'upgrade']) {
  test(`everything is done within '${event}' [client]`, async (t) => {
    for (const [name, deed] of Object.entries(DEEDS)) {
      const listener = await listenRaw(t);
      const ws = new WebSocket(listener.url);
      let raw = null;
      const accepted = listener.accept().then((it) => {
        raw = it;
        provoke(raw);
      });
      await doWithin(ws, event, deed, name, () => {});
      await accepted;
      await raw.end();
      check(raw, name);
    }
  });
}

for (const event of ['unexpected-response', 'redirect']) {
  test(`everything is done within '${event}' [client]`, async (t) => {
    for (const [name, deed] of Object.entries(DEEDS)) {
      const listener = await listenRaw(t);
      const port = await listen(
        t,
        http.createServer((req, res) => {
          const isRedirect = event === 'redirect';
          res.writeHead(isRedirect ? 302 : 404, { Location: listener.url });
          res.end();
        }),
      );
      const ws = new WebSocket(`ws://127.0.0.1:${port}`, {
        followRedirects: event === 'redirect',
      });
      if (event === 'redirect') {
        listener.accept().then(provoke, () => {});
      } else {
        // Whoever listens to this has to end the handshake.
        ws.once(event, () => setImmediate(() => ws.terminate()));
      }
      await doWithin(ws, event, deed, name, () => {});
    }
  });
}

test("everything is done within 'headers' [server]", async (t) => {
  for (const what of ['push', 'close', 'destroy', 'end']) {
    const { wss, port } = await startServer(t, subject);
    wss.once('headers', (headers, req) => {
      if (what === 'push') headers.push('X: y');
      if (what === 'close') wss.close();
      if (what === 'destroy') req.socket.destroy();
      if (what === 'end') req.socket.end();
    });
    wss.on('connection', (ws) => {
      ws.on('error', () => {});
      ws.send('hello');
    });
    try {
      const raw = await connectRawClient(t, port);
      raw.socket.end();
      await raw.end();
    } catch (error) {
      assert.notEqual(what, 'push', error);
    }
    await until(() => wss.clients.size === 0, `${what}: clients are left`);
  }
});

test("handleUpgrade() is called again within 'headers'", async (t) => {
  // There both believe that the socket is theirs.
  if (subject.isControl) return;
  const server = http.createServer();
  const wss = new subject.WebSocketServer({ noServer: true });
  const thrown = [];
  let depth = 0;
  wss.on('headers', (headers, req) => {
    if (depth++ === 0) upgrade(req, req.socket, Buffer.alloc(0));
  });
  server.on('upgrade', upgrade);
  const port = await listen(t, server);

  const raw = await connectRawClient(t, port);

  assert.equal(thrown.length, 1);
  assert.match(thrown[0].message, /more than once/);
  raw.text('hello');
  assert.equal(`${(await raw.firstFrames(1))[0].payload}`, 'hello');
  raw.close(1000);
  await raw.end();

  function upgrade(req, socket, head) {
    try {
      wss.handleUpgrade(req, socket, head, (ws) => {
        ws.on('message', (data) => ws.send(data));
      });
    } catch (error) {
      thrown.push(error);
    }
  }
});

test("a listener of 'wsClientError' answers, destroys, or does nothing", async (t) => {
  const { wss, port } = await startServer(t, subject);
  const deeds = [
    (socket) => socket.destroy(),
    (socket) => socket.end('HTTP/1.1 418 No\r\n\r\n'),
    (socket) => socket.resetAndDestroy(),
    (socket, req) => {
      wss.handleUpgrade(req, socket, Buffer.alloc(0), assert.fail);
    },
  ];
  let depth = 0;
  for (const deed of deeds) {
    wss.removeAllListeners('wsClientError');
    wss.on('wsClientError', (error, socket, req) => {
      // A faulty request is as faulty when it comes again.
      if (++depth % 3 === 0) socket.destroy();
      else deed(socket, req);
    });
    await exchange(t, port, upgradeRequest({ 'Sec-WebSocket-Version': '7' }));
  }
  await connectRawClient(t, port);
});

test('a server is closed within each of its events', async (t) => {
  for (const event of ['listening', 'connection', 'close']) {
    const wss = new subject.WebSocketServer({ port: 0, host: '127.0.0.1' });
    const closed = eventOf(wss, 'close');
    wss.once(event, () => wss.close());
    if (event !== 'listening') {
      await eventOf(wss, 'listening');
      const raw = await connectRawClient(t, wss.address().port);
      raw.socket.end();
      if (event === 'close') wss.close();
    }
    await closed;
  }
});

/**
 * Does something within an event of a WebSocket, each time that it comes, and waits for its end.
 */
async function doWithin(ws, event, deed, name, begin) {
  let closes = 0;
  let depth = 0;
  const calls = [];
  const act = () => {
    if (depth > 2 || calls.length > 20) return;
    depth++;
    const call = { times: 0 };
    const done = () => call.times++;
    try {
      deed(ws, done);
      if (deed.length > 1) calls.push(call);
    } catch (error) {
      assert.match(error.message, /not open/, name);
    }
    depth--;
  };
  // An error of the socket, or of the handshake, is what some deeds ask for.
  ws.on('error', () => {});
  const closed = new Promise((resolve) => {
    ws.on('close', () => {
      closes++;
      resolve();
    });
  });
  if (event === null) act();
  else ws.on(event, act);

  begin();
  await until(() => closes > 0, `${name}: no close`);
  await closed;
  await until(
    () => calls.every(({ times }) => times > 0),
    `${name}: a callback was not called`,
  );
  await new Promise(setImmediate);
  assert.equal(closes, 1, name);
  assert.deepEqual(
    new Set(calls.map(({ times }) => times)),
    new Set(calls.length ? [1] : []),
    name,
  );
}

/** Makes a raw peer cause every event there is, and end. */
function provoke(raw) {
  raw.send(
    { opcode: OPCODE.TEXT, payload: 'one' },
    { opcode: OPCODE.PING, payload: 'two' },
    { opcode: OPCODE.PONG, payload: 'three' },
    { opcode: OPCODE.BINARY, payload: Buffer.alloc(100_000) },
    { opcode: OPCODE.TEXT, payload: 'four', fin: false },
    { opcode: OPCODE.PING, payload: 'five' },
    { opcode: OPCODE.CONTINUATION, payload: 'six' },
    { opcode: 0x3 },
  );
  raw.socket.end();
}

/** What a raw peer got is frames. */
function check(raw, name) {
  for (const { opcode, rsv2, rsv3 } of raw.frames) {
    assert.ok(OPCODES.has(opcode) && !rsv2 && !rsv3, name);
  }
  const closes = raw.frames.filter(({ opcode }) => opcode === OPCODE.CLOSE);
  assert.ok(closes.length <= 1, `${name}: ${closes.length} close frames`);
}
