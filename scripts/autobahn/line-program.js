'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const readline = require('node:readline');

/** A program in a process of its own that reports in JSON, one object on a line. */
class LineProgram {
  /** @type {object[]} */
  reports = [];
  /** Why it ended, if not well. */
  failure = null;
  #child;
  #errors = '';

  /**
   * @param {string} name what messages call it
   * @param {string} program
   * @param {string[]} args
   * @param {object} options
   * @param {object} [options.env]
   * @param {number} options.seconds after which it is ended
   */
  constructor(name, program, args, { env = process.env, seconds }) {
    this.name = name;
    this.#child = spawn(program, args, { env });
    this.#child.stderr.setEncoding('utf8');
    this.#child.stderr.on('data', (text) => (this.#errors += text));
    this.lines = readline.createInterface({ input: this.#child.stdout });
    this.lines.on('line', (line) => this.reports.push(JSON.parse(line)));
    const deadline = setTimeout(() => {
      this.failure = `it ran for more than ${seconds} seconds`;
      this.#child.kill('SIGKILL');
    }, seconds * 1000);
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      clearTimeout(deadline);
      if (code === 0) return;
      this.failure ??= `it ended with ${signal ?? `exit code ${code}`}: ${this.#errors}`;
    });
  }

  /** @returns {Promise<object>} what it reports first */
  async firstReport() {
    if (this.reports.length === 0) {
      await Promise.race([once(this.lines, 'line'), this.ended]);
    }
    if (this.reports.length === 0) throw new Error(this.failure ?? 'no report');
    return this.reports[0];
  }

  /** Tells it to come to its end, which it does when its standard input ends. */
  finish() {
    this.#child.stdin.end();
    return this.ended;
  }

  kill() {
    this.#child.kill('SIGKILL');
  }
}

module.exports = { LineProgram };
