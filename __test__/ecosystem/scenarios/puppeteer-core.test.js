'use strict';

/* puppeteer-core talks to Chromium over `ws`: every call is a message, every answer and event another one. */

const assert = require('node:assert/strict');
const http = require('node:http');
const { after, before, test } = require('node:test');
const puppeteer = require('puppeteer-core');
const { usesExpectedImplementation } = require('./support/implementation');
const { startChromium } = require('./support/chromium');
const { listen } = require('./support/servers');
const { eventOf, until, within } = require('./support/waiting');

usesExpectedImplementation('puppeteer-core');

let chromium;

before(async () => {
  chromium = await startChromium();
});

after(() => chromium?.stop());

test('a page is filled, clicked and read', async (t) => {
  const { page } = await openPage(t);
  await page.setContent(
    `<input id="name"><button onclick="
      document.body.append('Ahoy, ' + document.querySelector('#name').value)
    ">go</button>`,
  );
  await page.type('#name', 'Änne ⚓');
  await page.click('button');
  const text = await page.$eval('body', (body) => body.innerText);
  assert.match(text, /Ahoy, Änne ⚓/);
});

test('many calls at a time get their own results', async (t) => {
  const { page } = await openPage(t);
  const results = await Promise.all(
    Array.from({ length: 300 }, (_, n) =>
      page.evaluate((number) => number * number, n),
    ),
  );
  assert.deepEqual(
    results,
    Array.from({ length: 300 }, (_, n) => n * n),
  );
});

test('megabytes go to the page and come back', async (t) => {
  const { page } = await openPage(t);
  const text = 'fathom\u2028é'.repeat(400_000);
  const length = await page.evaluate((given) => {
    globalThis.kept = given;
    return given.length;
  }, text);
  assert.equal(length, text.length);
  assert.equal(await page.evaluate(() => globalThis.kept), text);
});

test('a screenshot is a picture', async (t) => {
  const { page } = await openPage(t);
  await page.setViewport({ width: 640, height: 480 });
  await page.setContent('<body style="background: teal"><h1>Harbour</h1>');
  const picture = Buffer.from(await page.screenshot());
  assert.equal(picture.toString('latin1', 1, 4), 'PNG');
  assert.equal(picture.readUInt32BE(16), 640);
  assert.equal(picture.readUInt32BE(20), 480);
});

test('the page calls functions of the program, and its console is heard in order', async (t) => {
  const { page } = await openPage(t);
  const lines = [];
  page.on('console', (message) => lines.push(message.text()));
  await page.exposeFunction('double', async (number) => 2 * number);
  const doubled = await page.evaluate(async () => {
    const all = [];
    for (let n = 0; n < 50; n++) {
      console.log(`line ${n}`);
      all.push(await globalThis.double(n));
    }
    return all;
  });
  assert.deepEqual(
    doubled,
    Array.from({ length: 50 }, (_, n) => 2 * n),
  );
  await until(() => lines.length === 50, 'the console was not heard');
  assert.deepEqual(
    lines,
    Array.from({ length: 50 }, (_, n) => `line ${n}`),
  );
});

test('requests of the page are answered by the program', async (t) => {
  const server = http.createServer((request, response) => {
    response.end(`server ${request.url}`);
  });
  const origin = `http://127.0.0.1:${await listen(t, server)}`;
  const { page } = await openPage(t);
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname === '/made-up') request.respond({ body: 'by the program' });
    else if (pathname === '/forbidden') request.abort();
    else request.continue();
  });

  const response = await page.goto(`${origin}/page`);
  assert.equal(await response.text(), 'server /page');
  const outcomes = await page.evaluate(() =>
    Promise.all(
      ['/made-up', '/forbidden', '/real'].map((address) =>
        fetch(address).then(
          (answer) => answer.text(),
          (error) => error.name,
        ),
      ),
    ),
  );
  assert.deepEqual(outcomes, ['by the program', 'TypeError', 'server /real']);
});

test('an exception in the page is one here, and the connection goes on', async (t) => {
  const { page } = await openPage(t);
  await assert.rejects(
    page.evaluate(() => {
      throw new RangeError('overboard');
    }),
    /overboard/,
  );
  assert.equal(await page.evaluate(() => 6 * 7), 42);
});

test('a redirect to the browser is followed, with the headers', async (t) => {
  let headers;
  const gate = http.createServer();
  gate.on('upgrade', (request, socket) => {
    ({ headers } = request);
    socket.end(`HTTP/1.1 302 Found\r\nLocation: ${chromium.endpoint}\r\n\r\n`);
  });
  const port = await listen(t, gate);
  const browser = await connect(t, {
    browserWSEndpoint: `ws://127.0.0.1:${port}/gate`,
    headers: { 'X-Ticket': '4711' },
  });
  assert.match(await browser.version(), /Chrom/);
  assert.equal(headers['x-ticket'], '4711');
  assert.match(headers['user-agent'], /^Puppeteer /);
  assert.equal(headers['sec-websocket-extensions'], undefined);
});

test('a browser that is not there is an error', async (t) => {
  const gate = http.createServer();
  gate.on('upgrade', (request, socket) => {
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  const port = await listen(t, gate);
  const attempt = puppeteer.connect({
    browserWSEndpoint: `ws://127.0.0.1:${port}/`,
  });
  await assert.rejects(attempt, (event) => {
    assert.equal(event.message, 'Unexpected server response: 502');
    return true;
  });
});

test('disconnect() leaves the browser, and what it had open, to the next', async (t) => {
  const first = await connect(t);
  const page = await first.newPage();
  await page.setContent('<title>left behind</title>');
  const disconnected = eventOf(first, 'disconnected');
  await first.disconnect();
  await disconnected;
  assert.equal(first.connected, false);

  const second = await connect(t);
  const titles = await Promise.all(
    (await second.pages()).map((each) => each.title()),
  );
  assert.ok(titles.includes('left behind'));
});

// The last one: there is no browser after it.
test('when the browser goes, that is heard, and open calls fail', async (t) => {
  const { browser, page } = await openPage(t);
  const disconnected = eventOf(browser, 'disconnected');
  const failed = assert.rejects(
    page.evaluate(() => new Promise(() => {})),
    /closed|detached|disconnected/i,
  );
  await browser.close();
  await within(Promise.all([disconnected, failed]), 'nothing was heard');
  await within(chromium.exited, 'the browser did not go');
});

async function openPage(t) {
  const browser = await connect(t);
  const page = await browser.newPage();
  return { browser, page };
}

async function connect(t, options) {
  const browser = await puppeteer.connect({
    browserWSEndpoint: chromium.endpoint,
    ...options,
  });
  t.after(() => browser.disconnect());
  return browser;
}
