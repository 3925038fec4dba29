'use strict';

/*
 * playwright-core holds a copy of `ws` inside its own files, which no override reaches. Here it talks to Chromium
 * through a proxy that is made of `ws` on both sides, and so is the server that a page's own WebSocket talks to.
 */

const assert = require('node:assert/strict');
const http = require('node:http');
const { after, before, test } = require('node:test');
const { chromium: playwright } = require('playwright-core');
const { WebSocketServer } = require('ws');
const { CdpProxy } = require('./support/cdp-proxy');
const { startChromium } = require('./support/chromium');
const { expected, implementationFor } = require('./support/implementation');
const { listen } = require('./support/servers');
const { eventOf, until, within } = require('./support/waiting');

let chromium;

before(async () => {
  chromium = await startChromium();
});

after(() => chromium?.stop());

test(`the proxy is made of ${expected}`, () => {
  assert.equal(implementationFor(), expected);
});

test('a page is filled, clicked and read through the proxy', async (t) => {
  const { page, proxy } = await openPage(t);
  await page.setContent(
    `<label>Name <input></label><button onclick="
      document.querySelector('p').textContent =
        'Ahoy, ' + document.querySelector('input').value
    ">Go</button><p></p>`,
  );
  await page.getByLabel('Name').fill('Änne ⚓');
  await page.getByRole('button').click();
  await page.getByText('Ahoy, Änne ⚓').waitFor();
  assert.ok(proxy.messages.toBrowser > 10);
  assert.ok(proxy.messages.fromBrowser > 10);
});

test('the endpoint is found over HTTP, and headers are handed on', async (t) => {
  const proxy = await CdpProxy.start(t, chromium.endpoint);
  const browser = await playwright.connectOverCDP(`http://${proxy.address}`, {
    headers: { 'X-Ticket': '4711' },
  });
  t.after(() => browser.close());
  assert.equal(proxy.path, '/found');
  assert.equal(proxy.headers['x-ticket'], '4711');
  assert.match(browser.version(), /^\d+\./);
});

test('many calls at a time, and megabytes, get through', async (t) => {
  const { page } = await openPage(t);
  const results = await Promise.all(
    Array.from({ length: 200 }, (_, n) => page.evaluate((x) => x * x, n)),
  );
  assert.deepEqual(
    results,
    Array.from({ length: 200 }, (_, n) => n * n),
  );

  const text = 'fathom\u2028é'.repeat(400_000);
  await page.evaluate((given) => (globalThis.kept = given), text);
  assert.equal(await page.evaluate(() => globalThis.kept), text);
  const picture = await page.screenshot();
  assert.equal(picture.toString('latin1', 1, 4), 'PNG');
});

test('routes, requests and pages that open pages are heard of in order', async (t) => {
  const server = http.createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(`<p>${request.url}</p>`);
  });
  const origin = `http://127.0.0.1:${await listen(t, server)}`;
  const { context, page } = await openPage(t);
  await page.route('**/made-up', (route) => route.fulfill({ body: 'made up' }));
  const finished = [];
  page.on('requestfinished', (request) => {
    finished.push(new URL(request.url()).pathname);
  });

  await page.goto(`${origin}/first`);
  assert.equal(
    await page.evaluate(async () => (await fetch('/made-up')).text()),
    'made up',
  );
  const [popup] = await Promise.all([
    context.waitForEvent('page'),
    page.evaluate("void open('/second')"),
  ]);
  assert.equal(await popup.locator('p').textContent(), '/second');
  await page.goto(`${origin}/third`);
  await until(() => finished.includes('/third'), 'the log is not complete');
  assert.deepEqual(
    finished.filter((path) => path !== '/favicon.ico'),
    ['/first', '/made-up', '/third'],
  );
});

test('a WebSocket of the page itself talks to a server of `ws`', async (t) => {
  const echo = await startEcho(t, { perMessageDeflate: { threshold: 100 } });
  const { page } = await openPage(t, echo.origin);
  const frames = [];
  page.on('websocket', (websocket) => {
    websocket.on('framereceived', ({ payload }) => frames.push(payload));
  });

  const result = await page.evaluate(async (url) => {
    const socket = new WebSocket(url, ['echo.v2', 'echo.v1']);
    socket.binaryType = 'arraybuffer';
    const received = [];
    const closed = new Promise((resolve) => {
      socket.onclose = ({ code, reason, wasClean }) =>
        resolve({ code, reason, wasClean });
    });
    const all = new Promise((resolve) => {
      socket.onmessage = ({ data }) => {
        received.push(
          typeof data === 'string'
            ? data
            : Array.from(new Uint8Array(data))
                .slice(0, 4)
                .concat(data.byteLength),
        );
        if (received.length === 6) resolve();
      };
    });
    await new Promise((resolve) => (socket.onopen = resolve));
    const { extensions, protocol } = socket;
    socket.send('ahoy ⚓');
    socket.send('');
    socket.send(new Uint8Array([1, 2, 3, 4, 5]).subarray(1));
    socket.send(new Blob(['blob']));
    socket.send('ebb and flow '.repeat(100_000));
    socket.send(new Uint8Array(2_000_000).fill(7));
    await all;
    socket.close(4321, 'farewell, ⚓');
    return { closed: await closed, extensions, protocol, received };
  }, echo.url);

  assert.deepEqual(result.received, [
    'ahoy ⚓',
    '',
    [2, 3, 4, 5, 4],
    [98, 108, 111, 98, 4],
    'ebb and flow '.repeat(100_000),
    [7, 7, 7, 7, 2_000_000],
  ]);
  assert.equal(result.protocol, 'echo.v2');
  assert.match(result.extensions, /^permessage-deflate/);
  assert.deepEqual(result.closed, {
    code: 4321,
    reason: 'farewell, ⚓',
    wasClean: true,
  });
  await until(() => echo.closed.length === 1, 'the server heard of no end');
  assert.deepEqual(echo.closed, ['4321 farewell, ⚓']);
  // What came from the server is also reported through the proxy, but for the empty message.
  await until(() => frames.length === 5, 'not all frames were reported');
  assert.equal(frames[0], 'ahoy ⚓');
});

for (const { title, end, outcome } of [
  {
    title: 'close code and reason of the server',
    end: (client) => client.close(4002, 'sent away'),
    outcome: { code: 4002, reason: 'sent away', wasClean: true },
  },
  {
    title: 'a server that terminates',
    end: (client) => client.terminate(),
    outcome: { code: 1006, reason: '', wasClean: false },
  },
]) {
  test(`the page hears of ${title}`, async (t) => {
    const echo = await startEcho(t);
    echo.wss.on('connection', (client) => {
      client.on('message', (data) => data.length === 3 && end(client));
    });
    const { page } = await openPage(t, echo.origin);
    const closed = await page.evaluate(
      (url) =>
        new Promise((resolve) => {
          const socket = new WebSocket(url);
          socket.onopen = () => socket.send('end');
          socket.onclose = ({ code, reason, wasClean }) =>
            resolve({ code, reason, wasClean });
        }),
      echo.url,
    );
    assert.deepEqual(closed, outcome);
  });
}

test('the end of the program reaches the proxy, and the browser goes on', async (t) => {
  const { browser, page, proxy } = await openPage(t);
  await page.setContent('<p>here</p>');
  const disconnected = eventOf(browser, 'disconnected');
  await browser.close();
  await disconnected;
  await until(() => proxy.closeCode !== undefined, 'the proxy heard nothing');
  assert.ok([1000, 1005].includes(proxy.closeCode));
  await until(() => proxy.wss.clients.size === 0, 'somebody is still there');

  const again = await openPage(t);
  assert.equal(await again.page.evaluate(() => 6 * 7), 42);
});

test('the end of the proxy is the end of the browser for the program', async (t) => {
  const { browser, page, proxy } = await openPage(t);
  const disconnected = eventOf(browser, 'disconnected');
  const failed = assert.rejects(
    page.evaluate(() => new Promise(() => {})),
    /closed/,
  );
  for (const client of proxy.wss.clients) client.close(1001, 'going away');
  await within(Promise.all([disconnected, failed]), 'nothing was heard');
  assert.equal(browser.isConnected(), false);
});

/** A page with nothing in it, in a context of its own. */
async function openPage(t, address = 'about:blank') {
  const proxy = await CdpProxy.start(t, chromium.endpoint);
  const browser = await playwright.connectOverCDP(`${proxy.url}/direct`);
  t.after(() => browser.close());
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(address);
  return { browser, context, page, proxy };
}

/** A server of `ws` that sends back what it gets, and has a page to come from. */
async function startEcho(t, options) {
  const server = http.createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<p>echo</p>');
  });
  const wss = new WebSocketServer({ server, ...options });
  const closed = [];
  wss.on('connection', (client) => {
    client.on('message', (data, isBinary) => {
      client.send(data, { binary: isBinary });
    });
    client.on('close', (code, reason) => closed.push(`${code} ${reason}`));
  });
  const address = `127.0.0.1:${await listen(t, server)}`;
  return { closed, origin: `http://${address}/`, url: `ws://${address}`, wss };
}
