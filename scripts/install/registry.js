'use strict';

const { fork } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');

const { npm } = require('../ecosystem/npm');
const { ROOT } = require('../setup/root');
const { SetupError } = require('../setup/setup-error');

/**
 * Starts a registry on 127.0.0.1, Verdaccio, to which packages can be published. What it does not have it asks the
 * registry for that npm is set up for.
 *
 * @param {string} tools Where Verdaccio is installed
 * @param {string} folder For what is published and fetched; it is created
 * @returns {Promise<{ address: string, end: () => Promise<void> }>}
 */
async function startRegistry(tools, folder) {
  const upstream = await npm(['config', 'get', 'registry'], { cwd: ROOT });
  const child = fork(
    path.join(__dirname, 'verdaccio.js'),
    [path.join(tools, 'verdaccio'), folder, upstream.trim()],
    { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));

  const ended = once(child, 'exit');
  const [port] = await Promise.race([
    once(child, 'message'),
    ended.then(() => {
      throw new SetupError(`Verdaccio did not start:\n${said}`);
    }),
  ]);
  return {
    address: `http://127.0.0.1:${port}/`,
    async end() {
      child.kill();
      await ended;
    },
  };
}

module.exports = { startRegistry };
