'use strict';

/*
 * webpack-dev-server tells pages over `ws` what becomes of the files they are made of. One scenario has its own client
 * at the other end, in a page of jsdom, whose WebSocket is `ws` as well.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { JSDOM } = require('jsdom');
const webpack = require('webpack');
const DevServer = require('webpack-dev-server');
const { WebSocket, WebSocketServer } = require('ws');
const { usesExpectedImplementation } = require('./support/implementation');
const { listen } = require('./support/servers');
const { eventOf, until } = require('./support/waiting');

usesExpectedImplementation('webpack-dev-server');

let folder;
let devServer;
let origin;
let backendPort;
let endBackend;

before(async () => {
  const backend = http.createServer();
  backendPort = await listen({ after: (end) => (endBackend = end) }, backend);
  const echo = new WebSocketServer({ server: backend });
  echo.on('connection', (client, request) => {
    client.send(`backend ${request.url}`);
    client.on('message', (data, isBinary) => {
      client.send(data, { binary: isBinary });
    });
  });

  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'webpack-dev-server-'));
  fs.mkdirSync(path.join(folder, 'public'));
  write('public/page.html', '<p>first</p>');
  write(
    'index.js',
    `import { cargo } from './cargo.js';
     window.seen = [cargo];
     import.meta.webpackHot.accept('./cargo.js', () => window.seen.push(cargo));`,
  );
  write('cargo.js', `export const cargo = 'rum';`);
  devServer = createDevServer();
  await devServer.start();
  origin = `http://127.0.0.1:${devServer.server.address().port}`;
});

after(async () => {
  await devServer?.stop();
  await endBackend?.();
  fs.rmSync(folder, { recursive: true, force: true });
});

test('a page is told how to behave, and that all is well', async (t) => {
  const page = await openPage(t);
  const { type, data } = await page.next('ok', 'errors');
  assert.equal(type, 'ok', JSON.stringify(data));

  assert.deepEqual(page.types(), [
    'hot',
    'liveReload',
    'progress',
    'reconnect',
    'overlay',
    'hash',
    'ok',
  ]);
  assert.deepEqual(page.dataOf('reconnect'), [7]);
  assert.match(page.dataOf('hash')[0], /^[0-9a-f]{20}$/);
});

test('all pages hear of a change, of a mistake, and of its correction', async (t) => {
  const pages = [await openPage(t), await openPage(t), await openPage(t)];
  for (const page of pages) await page.next('ok');
  const hashes = [pages[0].dataOf('hash').at(-1)];

  for (const { text, outcome } of [
    { text: `export const cargo = 'tea';`, outcome: 'ok' },
    { text: `export const cargo = ;`, outcome: 'errors' },
    { text: `export const cargo = 'silk';`, outcome: 'ok' },
  ]) {
    write('cargo.js', text);
    for (const page of pages) {
      const { type, data } = await page.next('ok', 'errors');
      assert.equal(type, outcome);
      if (type === 'errors') assert.match(data[0].message, /Unexpected token/);
      assert.ok(page.types().includes('invalid'));
    }
    const hash = pages.map((page) => page.dataOf('hash').at(-1));
    assert.equal(new Set(hash).size, 1);
    hashes.push(hash[0]);
  }
  assert.equal(new Set(hashes).size, 4);
  const bundle = await (await fetch(`${origin}/main.js`)).text();
  assert.match(bundle, /silk/);
});

test('a static file that changes is named', async (t) => {
  const page = await openPage(t);
  await page.next('ok');
  write('public/page.html', '<p>second</p>');

  const { data } = await page.next('static-changed');
  assert.equal(path.basename(data), 'page.html');
});

test('the client in a page replaces a module in it', async (t) => {
  write('cargo.js', `export const cargo = 'tar';`);
  const script = await (await fetch(`${origin}/main.js`)).text();
  assert.match(script, /tar/);
  const { window } = new JSDOM('<script src="/main.js"></script>', {
    url: `${origin}/app.html`,
    resources: 'usable',
    runScripts: 'dangerously',
    beforeParse: (page) => {
      page.fetch = (url) => fetch(new URL(url, origin));
    },
  });
  t.after(() => window.close());
  await until(() => window.seen, 'the bundle did not run');
  await until(
    () => devServer.webSocketServer.clients.length > 0,
    'the client did not connect',
  );

  write('cargo.js', `export const cargo = 'hemp';`);
  await until(
    () => window.seen.length === 2,
    'the module was not replaced in the page',
  );
  assert.deepEqual([...window.seen], ['tar', 'hemp']);
});

test('a page from elsewhere is told so and sent away', async (t) => {
  const page = await openPage(t, { origin: 'http://elsewhere.example' });
  const closed = eventOf(page.client, 'close');
  const { data } = await page.next('error');
  assert.equal(data, 'Invalid Host/Origin header');
  const [code] = await closed;
  assert.equal(code, 1005);
  assert.deepEqual(page.types(), ['error']);
});

test('a page that does not answer pings is given up, the others are kept', async (t) => {
  const kept = await openPage(t);
  const mute = await openPage(t, { autoPong: false });
  const [code] = await eventOf(mute.client, 'close');
  assert.equal(code, 1006);

  assert.equal(kept.client.readyState, WebSocket.OPEN);
  await eventOf(kept.client, 'ping');
  assert.equal(devServer.webSocketServer.clients.length, 1);
});

test('a WebSocket of the application goes through the proxy beside it', async (t) => {
  const page = await openPage(t);
  await page.next('ok');
  const client = connect(t, '/live/feed', { perMessageDeflate: false });
  const messages = [];
  client.on('message', (data, isBinary) => {
    messages.push(isBinary ? data.length : data.toString());
  });
  await eventOf(client, 'open');
  client.send('ahoy');
  client.send(Buffer.alloc(300_000));

  await until(() => messages.length === 3, 'the backend did not answer');
  assert.deepEqual(messages, ['backend /live/feed', 'ahoy', 300_000]);
  const closed = eventOf(client, 'close');
  client.close(4000, 'done');
  assert.equal((await closed)[0], 4000);
});

test('when it stops, the pages lose it; when it starts, they can come back', async (t) => {
  const page = await openPage(t);
  await page.next('ok');
  const closed = eventOf(page.client, 'close');
  await devServer.stop();
  const [code] = await closed;
  assert.equal(code, 1006);

  devServer = createDevServer();
  await devServer.start();
  origin = `http://127.0.0.1:${devServer.server.address().port}`;
  const again = await openPage(t);
  assert.equal((await again.next('ok')).type, 'ok');
});

function createDevServer() {
  const compiler = webpack({
    mode: 'development',
    context: folder,
    entry: './index.js',
    output: { path: path.join(folder, 'dist') },
    devtool: false,
    infrastructureLogging: { level: 'none' },
    stats: 'none',
    watchOptions: { aggregateTimeout: 5 },
  });
  const options = {
    host: '127.0.0.1',
    port: 0,
    allowedHosts: ['127.0.0.1'],
    client: { logging: 'none', overlay: true, progress: true, reconnect: 7 },
    proxy: [
      {
        context: ['/live'],
        target: `http://127.0.0.1:${backendPort}`,
        ws: true,
      },
    ],
    setupExitSignals: false,
    static: { directory: path.join(folder, 'public'), watch: true },
  };
  return new DevServer(options, compiler);
}

function write(name, text) {
  fs.writeFileSync(path.join(folder, name), text);
}

/** A connection such as the client in a page makes, and what it heard. */
async function openPage(t, options) {
  const client = connect(t, '/ws', options);
  const messages = [];
  let read = 0;
  client.on('message', (data, isBinary) => {
    assert.equal(isBinary, false);
    const message = JSON.parse(data);
    if (message.type !== 'progress-update') messages.push(message);
  });
  await eventOf(client, 'open');
  return { client, dataOf, next, types };

  /** Waits for the next message of one of these types. */
  async function next(...wanted) {
    const find = () => {
      while (read < messages.length) {
        const message = messages[read++];
        if (wanted.includes(message.type)) return message;
      }
      return undefined;
    };
    let found;
    await until(() => (found = find()), `no ${wanted.join(' or ')} message`);
    return found;
  }

  function types() {
    return messages.map(({ type }) => type);
  }

  function dataOf(type) {
    return messages
      .filter((message) => message.type === type)
      .map(({ data }) => data);
  }
}

function connect(t, address, options) {
  const client = new WebSocket(`${origin.replace('http', 'ws')}${address}`, {
    origin,
    ...options,
  });
  t.after(() => client.terminate());
  return client;
}
