'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');
const { registry, top } = require('./situation');

const PATIENCE_MS = 150_000;

module.exports = { runNode };

/**
 * Runs a program as on a machine that has Node and nothing else, neither a compiler nor a shell, and that reaches
 * nothing but the registry.
 *
 * @param {string[]} args of Node
 * @param {string} cwd
 * @param {object} [env] more variables
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 */
function runNode(args, cwd, env = {}) {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...bareEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of Object.keys(said)) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      said[stream] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...said }));
  });
}

function bareEnvironment() {
  const home = path.join(top, 'home');
  const nobody = 'http://127.0.0.1:9/';
  return {
    // What Windows programs cannot do without.
    ...(process.env.SystemRoot && { SystemRoot: process.env.SystemRoot }),
    PATH: path.join(top, 'bin'),
    HOME: home,
    USERPROFILE: home,
    CI: 'true',
    HTTP_PROXY: nobody,
    HTTPS_PROXY: nobody,
    http_proxy: nobody,
    https_proxy: nobody,
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
    npm_config_registry: registry,
  };
}
