'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { Peer, startServer } = require('./support/connections');
const { listenRaw } = require('./support/raw-peer');
const { WebSocket } = require('./support/subject');
const { closeOf, eventOf, messagesOf } = require('./support/waiting');

test('headers and origin go with the request', async (t) => {
  const { request } = await connectAndInspect(t, undefined, {
    headers: { 'X-Token': 'abc', Cookie: 'a=b' },
    origin: 'http://example.test',
  });

  assert.equal(request.headers['x-token'], 'abc');
  assert.equal(request.headers.cookie, 'a=b');
  assert.equal(request.headers.origin, 'http://example.test');
  assert.equal(request.headers['sec-websocket-version'], '13');
});

test('protocolVersion 8 uses its own header for the origin', async (t) => {
  const { request } = await connectAndInspect(t, undefined, {
    protocolVersion: 8,
    origin: 'http://example.test',
  });

  assert.equal(request.headers['sec-websocket-version'], '8');
  assert.equal(request.headers['sec-websocket-origin'], 'http://example.test');
});

test('another protocolVersion throws', () => {
  assert.throws(
    () => new WebSocket('ws://127.0.0.1', { protocolVersion: 12 }),
    {
      name: 'RangeError',
      message: 'Unsupported protocol version: 12 (supported versions: 8, 13)',
    },
  );
});

for (const [what, protocols, options] of [
  ['an array', ['one', 'two'], undefined],
  ['an option', undefined, { protocols: ['one', 'two'] }],
  [
    'an option in the place of protocols',
    { protocols: ['one', 'two'] },
    undefined,
  ],
]) {
  test(`subprotocols may be given as ${what}`, async (t) => {
    const { request, client } = await connectAndInspect(t, protocols, options);

    assert.equal(request.headers['sec-websocket-protocol'], 'one,two');
    assert.equal(client.protocol, 'one');
  });
}

test('a subprotocol may be a string', async (t) => {
  const { client } = await connectAndInspect(t, 'only');

  assert.equal(client.protocol, 'only');
});

test('a bad or repeated subprotocol throws', () => {
  for (const protocols of [[''], ['a', 'a'], ['a,b'], 'ä', [null]]) {
    assert.throws(() => new WebSocket('ws://127.0.0.1', protocols), {
      name: 'SyntaxError',
      message: 'An invalid or duplicated subprotocol was specified',
    });
  }
});

test('an agent makes the connection', async (t) => {
  const agent = new http.Agent();
  let used = 0;
  const createConnection = agent.createConnection.bind(agent);
  agent.createConnection = (...args) => {
    used++;
    return createConnection(...args);
  };

  await connectAndInspect(t, undefined, { agent });

  assert.equal(used, 1);
});

test('createConnection makes the connection', async (t) => {
  const sockets = [];

  const { client } = await connectAndInspect(t, undefined, {
    createConnection: (options) => {
      sockets.push(net.connect(options.port, options.host));
      return sockets[0];
    },
  });

  assert.equal(sockets.length, 1);
  assert.equal(client._socket, sockets[0]);
});

test('finishRequest may change the request before it is sent', async (t) => {
  const { request } = await connectAndInspect(t, undefined, {
    finishRequest: (req, websocket) => {
      assert.ok(websocket instanceof WebSocket);
      req.setHeader('X-Late', 'yes');
      setImmediate(() => req.end());
    },
  });

  assert.equal(request.headers['x-late'], 'yes');
});

test('ws+unix: connects to a socket file', async (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hawser-'));
  const file = path.join(directory, 'socket');
  const server = http.createServer();
  const wss = new Peer.WebSocketServer({ server });
  await new Promise((resolve) => server.listen(file, resolve));
  t.after(() => {
    wss.close();
    server.close();
    fs.rmSync(directory, { recursive: true });
  });
  wss.on('connection', (connection, request) => {
    connection.on('message', (data) => {
      connection.send(`${request.url} ${request.headers.host} ${data}`);
    });
  });

  const client = new WebSocket(`ws+unix:${file}:/path?query`);
  t.after(() => client.terminate());
  await eventOf(client, 'open');
  client.send('hello');
  const [{ data }] = await messagesOf(client, 1);

  assert.equal(data.toString(), '/path?query localhost hello');
  const closed = closeOf(client);
  client.close(1000);
  assert.equal((await closed).code, 1000);
});

test('a server of the subject listens on a socket file too', async (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hawser-'));
  const file = path.join(directory, 'socket');
  const server = http.createServer();
  const wss = new WebSocket.WebSocketServer({ server });
  await new Promise((resolve) => server.listen(file, resolve));
  t.after(() => {
    wss.close();
    server.close();
    fs.rmSync(directory, { recursive: true });
  });
  wss.on('connection', (connection) => connection.send('from a file'));
  assert.equal(wss.address(), file);

  const client = new Peer(`ws+unix:${file}`);
  t.after(() => client.terminate());

  const [{ data }] = await messagesOf(client, 1);
  assert.equal(data.toString(), 'from a file');
});

test('credentials in the URL or in auth become a header', async (t) => {
  const { wss, port } = await startServer(t, Peer);
  const seen = [];
  wss.on('connection', (connection, request) => {
    seen.push(request.headers.authorization);
  });

  for (const [url, options] of [
    [`ws://user:p%40ss@127.0.0.1:${port}`, undefined],
    [`ws://127.0.0.1:${port}`, { auth: 'user:p@ss' }],
  ]) {
    const client = new WebSocket(url, options);
    t.after(() => client.terminate());
    await eventOf(client, 'open');
  }

  const expected = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
  assert.deepEqual(seen, [expected, expected]);
});

for (const [url, message] of [
  ['nonsense', 'Invalid URL: nonsense'],
  [
    'ftp://127.0.0.1',
    'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"',
  ],
  ['ws://127.0.0.1/#part', 'The URL contains a fragment identifier'],
  ['ws+unix:', "The URL's pathname is empty"],
]) {
  test(`the URL ${url} throws`, () => {
    assert.throws(() => new WebSocket(url), { name: 'SyntaxError', message });
  });
}

test('http: and https: stand for ws: and wss:', async (t) => {
  const { port } = await startServer(t, Peer);

  const client = new WebSocket(`http://127.0.0.1:${port}/a?b`);
  t.after(() => client.terminate());

  assert.equal(client.url, `ws://127.0.0.1:${port}/a?b`);
  await eventOf(client, 'open');
});

test('the URL may be an object and is left as it is', async (t) => {
  const { port } = await startServer(t, Peer);
  const url = new URL(`http://127.0.0.1:${port}`);

  const client = new WebSocket(url);
  t.after(() => client.terminate());

  await eventOf(client, 'open');
  assert.equal(url.protocol, 'http:');
});

test('generateMask chooses the key of every frame', async (t) => {
  const listener = await listenRaw(t);
  const client = new WebSocket(listener.url, {
    generateMask: (mask) => mask.set([1, 2, 3, 4]),
  });
  t.after(() => client.terminate());
  const [raw] = await Promise.all([listener.accept(), eventOf(client, 'open')]);

  client.send('text');
  client.ping('ping');
  client.close(1000);

  const frames = await raw.firstFrames(3);
  for (const frame of frames) {
    assert.deepEqual(frame.mask, Buffer.from([1, 2, 3, 4]));
  }
  assert.equal(frames[0].payload.toString(), 'text');
});

test('masking keys are not repeated', async (t) => {
  const listener = await listenRaw(t);
  const client = new WebSocket(listener.url);
  t.after(() => client.terminate());
  const [raw] = await Promise.all([listener.accept(), eventOf(client, 'open')]);

  for (let i = 0; i < 100; i++) client.send('same');

  const frames = await raw.firstFrames(100);
  const keys = new Set(frames.map(({ mask }) => mask.toString('hex')));
  assert.ok(keys.size > 95);
});

test('allowSynchronousEvents: false lets a turn pass between messages', async (t) => {
  const frame = Buffer.from([0x81, 1, 0x61]);
  const listener = await listenRaw(t, {
    firstBytes: Buffer.concat([frame, frame, frame]),
  });
  const client = new WebSocket(listener.url, { allowSynchronousEvents: false });
  t.after(() => client.terminate());
  const order = [];
  client.on('message', () => {
    order.push('message');
    process.nextTick(() => order.push('tick'));
    queueMicrotask(() => order.push('microtask'));
  });

  const received = messagesOf(client, 3);
  await listener.accept();
  await received;

  assert.deepEqual(order.slice(0, 6), [
    'message',
    'tick',
    'microtask',
    'message',
    'tick',
    'microtask',
  ]);
});

/** Connects to a server of `ws` and shows what it was asked. */
async function connectAndInspect(t, protocols, options) {
  const { wss, url } = await startServer(t, Peer);
  const accepted = eventOf(wss, 'connection');
  const client = new WebSocket(url, protocols, options);
  t.after(() => client.terminate());
  const [[, request]] = await Promise.all([accepted, eventOf(client, 'open')]);
  return { client, request };
}
