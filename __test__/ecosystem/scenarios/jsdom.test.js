'use strict';

/*
 * jsdom puts `ws` behind `window.WebSocket`. What a page hands over comes from the page's own realm, so its
 * ArrayBuffers are no instances of the ArrayBuffer that `ws` knows.
 */

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const { CookieJar, JSDOM, VirtualConsole } = require('jsdom');
const { WebSocketServer } = require('ws');
const { usesExpectedImplementation } = require('./support/implementation');
const { listen } = require('./support/servers');
const { eventOf, until } = require('./support/waiting');

const CLEAN_UP = 1001;

usesExpectedImplementation('jsdom');

test('the handshake carries origin, cookies, user agent and subprotocols of the page', async (t) => {
  const { port, wss } = await serve(t, {
    handleProtocols: (protocols) => [...protocols].at(-1),
  });
  const cookieJar = new CookieJar();
  cookieJar.setCookieSync('ship=brig', `http://127.0.0.1:${port}/`);
  wss.on('headers', (headers) => headers.push('Set-Cookie: mast=2; Path=/'));
  const { window } = openPage(t, port, { cookieJar });

  const accepted = eventOf(wss, 'connection');
  window.eval('var socket = connect("/sea?depth=7", ["log", "chart.v2"])');
  const [, request] = await accepted;
  await happens(window, 'open');

  assert.equal(request.url, '/sea?depth=7');
  assert.equal(request.headers.origin, `http://127.0.0.1:${port}`);
  assert.equal(request.headers.cookie, 'ship=brig');
  assert.equal(request.headers['user-agent'], window.navigator.userAgent);
  assert.equal(request.headers['sec-websocket-protocol'], 'log,chart.v2');
  assert.equal(window.socket.protocol, 'chart.v2');
  assert.equal(window.socket.url, `ws://127.0.0.1:${port}/sea?depth=7`);
  assert.equal(window.document.cookie, 'ship=brig; mast=2');
});

test('a page gets text, Blobs and ArrayBuffers of its own realm', async (t) => {
  const { port, wss } = await serve(t);
  wss.on('connection', (client) => {
    client.on('message', (data) => {
      client.send(`heard ${data} ⚓`);
      client.send(Buffer.from([1, 2, 250]));
    });
  });
  const { window } = openPage(t, port);
  window.eval(
    'var socket = connect("/"); socket.onopen = () => socket.send("blob")',
  );

  const [text, blob] = await messages(window, 2);
  assert.equal(text, 'heard blob ⚓');
  assert.ok(blob instanceof window.Blob);
  const bytes = await window.eval(`new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(Array.from(new Uint8Array(reader.result)));
    reader.readAsArrayBuffer(log.find(({ data }) => data instanceof Blob).data);
  })`);
  assert.deepEqual([...bytes], [1, 2, 250]);

  window.eval('socket.binaryType = "arraybuffer"; socket.send("buffer")');
  const [again, buffer] = (await messages(window, 4)).slice(2);
  assert.equal(again, 'heard buffer ⚓');
  assert.ok(buffer instanceof window.ArrayBuffer);
  assert.deepEqual([...new Uint8Array(buffer)], [1, 2, 250]);
});

test('what a page sends arrives as it was at the time of the call, in order', async (t) => {
  const { port, wss } = await serve(t);
  const received = [];
  wss.on('connection', (client) => {
    client.on('message', (data, isBinary) => {
      received.push(isBinary ? [...data] : data.toString());
    });
  });
  const { window } = openPage(t, port);
  window.eval('var socket = connect("/")');
  await happens(window, 'open');
  window.eval(`
    socket.send('sänd');
    socket.send(new Uint8Array([1, 2, 3]).buffer);
    socket.send(new Uint8Array([9, 8, 7, 6]).subarray(1, 3));
    socket.send(new DataView(new Uint8Array([4, 5, 6]).buffer, 1));
    socket.send(new Uint16Array([0x0201]));
    socket.send(new Blob(['ab', new Uint8Array([0])]));
    socket.send('');
    var buffered = socket.bufferedAmount;
  `);

  await until(() => received.length === 7, 'seven messages did not arrive');
  assert.deepEqual(received, [
    'sänd',
    [1, 2, 3],
    [8, 7],
    [5, 6],
    [1, 2],
    [97, 98, 0],
    '',
  ]);
  assert.equal(window.buffered, 5 + 3 + 2 + 2 + 2 + 3);
  await until(
    () => window.socket.bufferedAmount === 0,
    'the callbacks of send() did not count down bufferedAmount',
  );
});

test('large compressed messages go both ways', async (t) => {
  const { port, wss } = await serve(t, { perMessageDeflate: true });
  wss.on('connection', (client) => {
    client.on('message', (data, isBinary) => {
      client.send(data, { binary: isBinary });
    });
  });
  const { window } = openPage(t, port);
  window.eval('var socket = connect("/")');
  await happens(window, 'open');
  // jsdom lists the keys of `extensions`, which is a string: "0, 1, 2" and so on. It is empty without the extension.
  assert.notEqual(window.socket.extensions, '');

  window.eval(`
    socket.binaryType = 'arraybuffer';
    socket.send('yo-ho '.repeat(50000));
    socket.send(new Uint8Array(200000).map((_, index) => index * index));
  `);
  const [text, binary] = await messages(window, 2);
  assert.equal(text, 'yo-ho '.repeat(50_000));
  assert.deepEqual(
    new Uint8Array(binary),
    new Uint8Array(200_000).map((_, index) => index * index),
  );
});

test('a close by the page takes its code and reason to the server', async (t) => {
  const { window, client } = await connectPage(t);

  const closed = eventOf(client, 'close');
  window.eval('socket.close(4321, "land in sight")');
  assert.equal(window.socket.readyState, window.WebSocket.CLOSING);
  const [code, reason] = await closed;
  assert.equal(code, 4321);
  assert.equal(reason.toString(), 'land in sight');
  assert.deepEqual(pick(await happens(window, 'close')), {
    code: 4321,
    reason: 'land in sight',
    wasClean: true,
  });
  assert.deepEqual(types(window), ['open', 'close']);
  assert.equal(window.socket.readyState, window.WebSocket.CLOSED);
});

test('a close by the server is heard behind the last message', async (t) => {
  const { port, wss } = await serve(t);
  wss.on('connection', (client) => {
    client.send('last words');
    client.close(3001, 'bye');
  });
  const { window } = openPage(t, port);
  window.eval('var socket = connect("/")');

  assert.deepEqual(pick(await happens(window, 'close')), {
    code: 3001,
    reason: 'bye',
    wasClean: true,
  });
  // jsdom lets go of a message that it hears when the socket is closing already.
  assert.deepEqual(
    types(window).filter((type) => type !== 'message'),
    ['open', 'close'],
  );
});

for (const { title, verdict } of [
  {
    title: 'refused',
    verdict: (socket) => socket.end('HTTP/1.1 403 No\r\n\r\n'),
  },
  { title: 'cut off', verdict: (socket) => socket.destroy() },
]) {
  test(`a handshake that is ${title} is an error, then a close with 1006`, async (t) => {
    const server = http.createServer();
    server.on('upgrade', (request, socket) => verdict(socket));
    const port = await listen(t, server);
    const { window } = openPage(t, port);
    window.eval('var socket = connect("/")');

    assert.deepEqual(pick(await happens(window, 'close')), {
      code: 1006,
      reason: '',
      wasClean: false,
    });
    assert.deepEqual(types(window), ['error', 'close']);
  });
}

test('sockets of one page open one after the other, and a closed one does not hold up the next', async (t) => {
  const { port, wss } = await serve(t);
  const paths = [];
  wss.on('connection', (client, request) => paths.push(request.url));
  const { window } = openPage(t, port);
  window.eval(`
    connect('/1');
    connect('/2').close();
    var third = connect('/3');
  `);

  await until(
    () => window.third.readyState === window.WebSocket.OPEN,
    'the third socket did not open',
  );
  assert.deepEqual(paths, ['/1', '/3']);
  assert.deepEqual(
    [...window.log].map(({ path, type }) => `${path} ${type}`),
    ['/1 open', '/2 error', '/2 close', '/3 open'],
  );
});

test('close() while the handshake is under way ends the connection', async (t) => {
  const server = http.createServer();
  const upgrade = eventOf(server, 'upgrade');
  const port = await listen(t, server);
  const { window } = openPage(t, port);
  window.eval('var socket = connect("/")');
  const [, socket] = await upgrade;

  const gone = eventOf(socket, 'end');
  socket.resume();
  window.eval('socket.close()');
  await Promise.all([gone, happens(window, 'close')]);
  assert.deepEqual(types(window), ['error', 'close']);
});

test('closing the window says good-bye with 1001', async (t) => {
  const { window, client } = await connectPage(t);

  const closed = eventOf(client, 'close');
  window.close();
  const [code] = await closed;
  assert.equal(code, CLEAN_UP);
});

/** A page with a WebSocket that is open, and the server's end of it. */
async function connectPage(t) {
  const { port, wss } = await serve(t);
  const { window } = openPage(t, port);
  const accepted = eventOf(wss, 'connection');
  window.eval('var socket = connect("/")');
  const [client] = await accepted;
  await happens(window, 'open');

  return { window, client };
}

/** A WebSocket server of `ws` for pages. */
async function serve(t, options) {
  const server = http.createServer();
  const wss = new WebSocketServer({ server, ...options });
  return { port: await listen(t, server), wss };
}

/** A page whose sockets, made with `connect()`, note their events in `log`. */
function openPage(t, port, options) {
  const virtualConsole = new VirtualConsole();
  virtualConsole.on('jsdomError', (error) => {
    throw error;
  });
  const dom = new JSDOM(
    `<script>
      var log = [];
      function connect(path, protocols) {
        const socket = new WebSocket('ws://' + location.host + path, protocols);
        for (const type of ['open', 'message', 'error', 'close'])
          socket.addEventListener(type, ({ data, code, reason, wasClean }) =>
            log.push({ path, type, data, code, reason, wasClean }));
        return socket;
      }
    </script>`,
    {
      url: `http://127.0.0.1:${port}/page`,
      runScripts: 'dangerously',
      virtualConsole,
      ...options,
    },
  );
  t.after(() => dom.window.close());
  return dom;
}

/** Waits for the first event of a kind in the page, and returns its entry in the log. */
async function happens(window, type) {
  const found = () => [...window.log].find((entry) => entry.type === type);
  await until(found, `no '${type}' event in the page`);
  return found();
}

async function messages(window, count) {
  const data = () =>
    [...window.log]
      .filter(({ type }) => type === 'message')
      .map((entry) => entry.data);
  await until(() => data().length >= count, `no ${count} messages in the page`);
  return data();
}

function types(window) {
  return [...window.log].map(({ type }) => type);
}

function pick({ code, reason, wasClean }) {
  return { code, reason, wasClean };
}
