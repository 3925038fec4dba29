'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');
const { within } = require('./waiting');

/**
 * Runs a program of `support/programs` in a process of its own.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} name
 * @param {...string} args
 * @returns {{ child: ChildProcess, ended: Promise<{ code: number, signal: string, stdout: string, stderr: string }>, line: (text: string) => Promise<string> }}
 */
function runProgram(t, name, ...args) {
  return run(t, name, [process.execPath, fileOf(name), ...args]);
}

/**
 * The same, with less of something than usual.
 *
 * @param {import('node:test').TestContext} t
 * @param {object} limits
 * @param {string} [limits.ulimit] arguments of the shell's `ulimit`
 * @param {string[]} [limits.flags] of Node
 * @param {string} name
 * @param {...string} args
 */
function runLimited(t, { ulimit, flags = [] }, name, ...args) {
  const node = [process.execPath, ...flags, fileOf(name), ...args];
  if (!ulimit) return run(t, name, node);
  const script = `ulimit ${ulimit} && exec "$0" "$@"`;
  return run(t, name, ['/bin/sh', '-c', script, ...node]);
}

module.exports = { runLimited, runProgram };

function fileOf(name) {
  return path.join(__dirname, 'programs', `${name}.js`);
}

function run(t, name, [command, ...args]) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  const readers = [];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    for (const read of readers) read();
  });
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const ended = new Promise((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr });
    });
  });
  const report = () => `${name} did not finish: ${stdout}${stderr}`;
  return { child, ended: within(ended, report), line };

  /** Waits for a line of output that starts with a text, and returns its rest. */
  function line(start) {
    const seen = new Promise((resolve) => {
      const read = () => {
        const found = stdout
          .split('\n')
          .slice(0, -1)
          .find((each) => each.startsWith(start));
        if (found !== undefined) resolve(found.slice(start.length).trim());
      };
      readers.push(read);
      read();
    });
    return within(seen, () => `no line '${start}' from ${name}: ${stderr}`);
  }
}
