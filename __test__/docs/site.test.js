'use strict';

/*
 * The documentation site as a person meets it, in Chromium, in light and dark, on a desk and on a phone. `npm run test:docs`
 * builds it first.
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { chromium } = require('playwright-core');

const { serve } = require('../../scripts/docs/server');
const { inRoot } = require('../../scripts/setup/root');

const SITE = inRoot('target', 'docs', 'site');
const CHROMIUM = process.env.CHROMIUM_PATH || '/usr/bin/chromium';
const DESK = { width: 1280, height: 900 };
const PHONE = { width: 375, height: 800 };

let browser;
let server;

before(async () => {
  server = await serve(SITE);
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--headless', '--no-sandbox', '--disable-gpu'],
  });
});

after(async () => {
  await browser?.close();
  await server?.close();
});

for (const [name, options] of [
  ['a desk, light', { viewport: DESK, colorScheme: 'light' }],
  ['a phone, dark', { viewport: PHONE, colorScheme: 'dark' }],
]) {
  test(`every page opens without an error and fits ${name}`, async () => {
    const { page, faults } = await openBrowserPage(options);
    const files = htmlFiles();
    assert.ok(files.length > 40, `${files.length} pages`);
    for (const file of files) {
      await page.goto(server.address + file);
      assert.notEqual((await page.title()).trim(), '', file);
      const overhang = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return scrollWidth - clientWidth;
      });
      assert.equal(overhang, 0, `${file} is wider than the window`);
      const pictures = await page.evaluate(() =>
        [...document.images]
          .filter(({ naturalWidth }) => naturalWidth === 0)
          .map(({ src }) => src),
      );
      assert.deepEqual(pictures, [], `pictures of ${file} that are not there`);
    }
    assert.deepEqual(faults, []);
    await page.close();
  });
}

test('the navigation names every page of the guide, and leads there', async () => {
  const { page, faults } = await openBrowserPage({ viewport: DESK });
  await page.goto(server.address);
  await page.getByRole('link', { name: 'Hardening a server' }).first().click();
  await page.waitForURL('**/hardening.html');
  assert.match(await page.textContent('h1'), /Hardening a server/);
  assert.deepEqual(faults, []);
  await page.close();
});

test('the search finds an option and an error code', async () => {
  const { page, faults } = await openBrowserPage({ viewport: DESK });
  await page.goto(server.address);
  for (const [query, found] of [
    ['maxPayload', 'maxPayload'],
    ['WS_ERR_BUFFER_LIMIT', 'Errors'],
  ]) {
    await page.click('#tsd-search-trigger');
    await page.fill('#tsd-search-input', query);
    const results = page.locator('#tsd-search-results');
    await results.getByText(found).first().waitFor();
    await page.keyboard.press('Escape');
  }
  assert.deepEqual(faults, []);
  await page.close();
});

/** A page that takes down what goes wrong in it. */
async function openBrowserPage(options) {
  const page = await browser.newPage(options);
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`404: ${response.url()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(server.address)) {
      faults.push(`asks elsewhere for ${request.url()}`);
    }
  });
  return { page, faults };
}

function htmlFiles() {
  return fs
    .readdirSync(SITE, { recursive: true })
    .filter((file) => file.endsWith('.html'))
    .map((file) => file.split(path.sep).join('/'));
}
