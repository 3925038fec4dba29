'use strict';

const { spawn } = require('node:child_process');

const { SetupError } = require('../setup/setup-error');

/** An installation with nothing in npm's cache and a slow line takes minutes. */
const NPM_TIMEOUT_MS = 10 * 60_000;

/**
 * Runs npm without a word, unless it fails.
 *
 * @param {string[]} args
 * @param {object} options
 * @param {string} options.cwd
 * @param {object} [options.env] Its environment
 * @returns {Promise<string>} What it wrote to standard output
 */
function npm(args, { cwd, env = process.env }) {
  const child = start(args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: NPM_TIMEOUT_MS,
  });
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8');
    child[stream].on('data', (text) => (texts[stream] += text));
  }

  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      reject(new SetupError(`npm could not be run: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(texts.stdout);
      const said = `${texts.stdout}${texts.stderr}`.trim();
      reject(
        new SetupError(
          `\`npm ${args.join(' ')}\` ended with ${code ?? signal}:\n${said}`,
        ),
      );
    });
  });
}

function start(args, options) {
  const running = process.env.npm_execpath;

  // Under `npm run` the running npm says where it is; that one is used, whatever else PATH holds.
  if (running && /npm-cli\.c?js$/.test(running)) {
    return spawn(process.execPath, [running, ...args], options);
  }
  // npm is a .cmd file on Windows, which only a shell can run.
  if (process.platform === 'win32') {
    return spawn(`npm ${args.join(' ')}`, { ...options, shell: true });
  }
  return spawn('npm', args, options);
}

module.exports = { npm };
