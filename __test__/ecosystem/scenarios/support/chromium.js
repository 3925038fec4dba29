'use strict';

/**
 * Debian's Chromium, in a process of its own, with its debugging protocol on a port.
 *
 * @module chromium
 */

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const { until, within } = require('./waiting');

const CHROMIUM = process.env.CHROMIUM_PATH || '/usr/bin/chromium';
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--remote-debugging-port=0',
];

module.exports = { startChromium };

/**
 * @returns {Promise<{ endpoint: string, exited: Promise<any>, stop: () => Promise<void> }>} `endpoint` is the URL of the
 *     browser's WebSocket
 */
async function startChromium() {
  assert.ok(
    fs.existsSync(CHROMIUM),
    `There is no Chromium at ${CHROMIUM}. Install Debian's package \`chromium\`, or name another one with CHROMIUM_PATH.`,
  );
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'chromium-'));
  const browser = spawn(
    CHROMIUM,
    [...ARGUMENTS, `--user-data-dir=${profile}`, 'about:blank'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const exited = once(browser, 'exit');
  const stop = async () => {
    browser.kill('SIGKILL');
    await exited;
    await until(() => isRemoved(profile), `${profile} is still in use`);
  };
  try {
    return { endpoint: await endpointOf(browser), exited, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Processes of the browser that have yet to notice its end may still write. */
function isRemoved(folder) {
  try {
    fs.rmSync(folder, { recursive: true, force: true });
    return true;
  } catch (error) {
    if (error.code === 'ENOTEMPTY') return false;
    throw error;
  }
}

/** The address is in what Chromium says when it has started. */
function endpointOf(browser) {
  const lines = [];
  const found = new Promise((resolve, reject) => {
    const output = readline.createInterface({ input: browser.stderr });
    output.on('line', (line) => {
      lines.push(line);
      const [, endpoint] = /^DevTools listening on (ws:.*)$/.exec(line) ?? [];
      if (endpoint) resolve(endpoint);
    });
    output.on('close', () => reject(new Error(lines.join('\n'))));
  });
  return within(found, 'Chromium did not start');
}
