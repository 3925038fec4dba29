'use strict';

const { spawn } = require('node:child_process');

const { ROOT } = require('../setup/root');

/** No suite takes this long; one that does hangs. */
const SUITE_TIMEOUT_MS = 20 * 60_000;

/**
 * Runs a command in the top folder and shows what it prints.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {boolean | 'all'} [options.capture] Also return what it wrote to standard output, or to that and standard error
 * @param {object} [options.env] Its environment
 * @param {number} [options.timeout] Milliseconds after which it is ended
 * @returns {Promise<{code: number, output: string}>} `code` is 1 where a signal ended it or it could not be started
 */
function run(
  command,
  args,
  { capture = false, env = process.env, timeout = SUITE_TIMEOUT_MS } = {},
) {
  const child = spawn(command, args, {
    cwd: ROOT,
    env,
    stdio: [
      'ignore',
      capture ? 'pipe' : 'inherit',
      capture === 'all' ? 'pipe' : 'inherit',
    ],
  });
  const timer = setTimeout(() => {
    console.error(`${command} ran for ${timeout / 60_000} minutes: ended.`);
    child.kill('SIGKILL');
  }, timeout);

  let output = '';
  for (const name of ['stdout', 'stderr']) {
    child[name]?.setEncoding('utf8').on('data', (text) => {
      output += text;
      process[name].write(text);
    });
  }

  return new Promise((resolve) => {
    child.on('error', (error) => {
      clearTimeout(timer);
      console.error(`${command} could not be run: ${error.message}`);
      resolve({ code: 1, output });
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, output });
    });
  });
}

module.exports = { run };
