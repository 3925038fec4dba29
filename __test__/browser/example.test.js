'use strict';

/*
 * The example as a person meets it: the server in a process of its own, two pages in Chromium.
 */

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { after, before, test } = require('node:test');
const { chromium } = require('playwright-core');

const SERVER = path.join(__dirname, '../../examples/chat/server.js');
const CHROMIUM = process.env.CHROMIUM_PATH || '/usr/bin/chromium';
const CHROMIUM_ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const PATIENCE_MS = 20_000;

let browser;
let server;
let address;
let alice;
let bob;

before(async () => {
  assert.ok(
    fs.existsSync(CHROMIUM),
    `There is no Chromium at ${CHROMIUM}. Install Debian's package \`chromium\`, or name another one with CHROMIUM_PATH.`,
  );
  ({ server, address } = await startServer());
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: CHROMIUM_ARGS,
  });
  [alice, bob] = await Promise.all([openPage(), openPage()]);
});

after(async () => {
  await browser?.close();
  if (server && server.exitCode === null && server.signalCode === null) {
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
});

test('two pages connect and see that two people are here', async () => {
  for (const page of [alice, bob]) {
    await see(page, '#state', /^Connected$/);
    await see(page, '#people', /^2 here: /);
  }
});

test('what one page says, under its name, both pages show', async () => {
  await alice.fill('#name', 'Alice');
  await alice.click('#name-form button');
  await see(bob, '#people', /Alice/);

  await alice.fill('#text', 'Ahoy, is anybody on board?');
  await alice.press('#text', 'Enter');
  await see(bob, '#lines', /Alice\s*Ahoy, is anybody on board\?/);

  await bob.fill('#text', 'Aye!');
  await bob.click('#chat-form button');
  for (const page of [alice, bob]) await see(page, '#lines', /Aye!/);
});

test('markup in a chat message is shown as it was written', async () => {
  await bob.fill('#text', '<img src=x onerror="document.title=1">');
  await bob.press('#text', 'Enter');

  await see(alice, '#lines', /<img src=x onerror="document\.title=1">/);
  assert.equal(await alice.locator('#lines img').count(), 0);
});

test('the prices change several times a second', async () => {
  // Ten different states of the list, in at most the patience of a page.
  const seen = await alice.evaluate(
    () =>
      new Promise((resolve) => {
        const list = document.getElementById('prices');
        const states = new Set();
        const observer = new MutationObserver(() => {
          states.add(list.textContent);
          if (states.size < 10) return;
          observer.disconnect();
          resolve(states.size);
        });
        observer.observe(list, {
          characterData: true,
          childList: true,
          subtree: true,
        });
      }),
  );
  assert.equal(seen, 10);
  assert.equal(await alice.locator('#prices .price').count(), 4);
});

for (const { kind, content } of [
  { kind: 'text', content: /^TextAhoy, it is / },
  { kind: 'binary', content: /^Binary([\da-f]{2} ){11}[\da-f]{2}$/ },
  { kind: 'json', content: /^JSON\{"type":"echo","number":\d+,/ },
]) {
  test(`the button for ${kind} sends a message and shows what comes back`, async () => {
    const sentBefore = Number(await alice.textContent('#sent'));
    await alice.click(`#send-${kind}`);

    await see(alice, `#echoes [data-kind="${kind}"]`, content);
    assert.equal(Number(await alice.textContent('#sent')), sentBefore + 1);
    assert.ok(Number(await alice.textContent('#received')) > 0);
  });
}

test('a page that disconnects shows code 1000 and leaves the room', async () => {
  await bob.click('#toggle');
  await see(bob, '#state', /^Disconnected$/);
  await see(bob, '#last-close', /^1000 Normal closure/);
  await see(alice, '#people', /^1 here: Alice$/);

  await bob.click('#toggle');
  await see(bob, '#state', /^Connected$/);
  await see(alice, '#people', /^2 here: /);
});

test('paths that are not part of the page are not found', async () => {
  for (const pathname of ['/nothing', '/..%2fserver.js', '//', '/%']) {
    const response = await fetch(address.origin + pathname);
    assert.equal(response.status, 404, pathname);
    await response.text();
  }
  const posted = await fetch(address, { method: 'POST' });
  assert.equal(posted.status, 405);
});

test('the pages are told why when the server is stopped, and its process ends', async () => {
  const exit = once(server, 'exit');
  server.kill('SIGINT');
  const [code, signal] = await exit;

  // Windows has no signals: there the process is ended at once, and the pages see a broken connection.
  const isWindows = process.platform === 'win32';
  assert.deepEqual([code, signal], isWindows ? [null, 'SIGINT'] : [0, null]);
  const close = isWindows ? /^1006 Abnormal closure/ : /^1001 Going away/;
  for (const page of [alice, bob]) {
    await see(page, '#last-close', close);
    await see(page, '#state', /^Connecting/);
  }
});

async function startServer() {
  const child = spawn(process.execPath, [SERVER], {
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = readline.createInterface({ input: child.stdout });
  const [line] = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`The example server ended with code ${code}`);
    }),
  ]);
  const found = /http:\/\/\S+/.exec(line);
  assert.ok(found, `The server does not say where it is: ${line}`);
  return { server: child, address: new URL(found[0]) };
}

/**
 * A page in a browser context of its own, so that the two share nothing.
 */
async function openPage() {
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.on('pageerror', (error) => {
    throw error;
  });
  await page.goto(address.href);
  return page;
}

/**
 * Waits until the first element that matches has such a text.
 */
async function see(page, selector, pattern) {
  const check = ([where, source]) =>
    new RegExp(source).test(
      document.querySelector(where)?.textContent.trim() ?? '',
    );
  await page
    .waitForFunction(check, [selector, pattern.source])
    .catch(async (error) => {
      const text = await page.textContent(selector).catch(() => '(not there)');
      throw new assert.AssertionError({
        message: `${selector} never matched ${pattern}; it says: ${text}`,
        actual: text,
        expected: pattern,
        cause: error,
      });
    });
}
