'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const readline = require('node:readline');

const TASKSET = '/usr/bin/taskset';
/** No step of a run takes as long as this. */
const PATIENCE = 120_000;

/** A program that tells what it does in lines of JSON, each with an `event`. */
class Child {
  /**
   * @param {string[]} command
   * @param {object} [options]
   * @param {number} [options.processor] the one that it is to run on, where that can be had
   * @param {Record<string, string>} [options.env] in addition to ours
   */
  constructor(command, { processor, env = {} } = {}) {
    const pinned =
      processor !== undefined && canPin()
        ? [TASKSET, '-c', String(processor), ...command]
        : command;

    this._name = command.join(' ');
    this._events = [];
    this._waiting = null;
    this._process = spawn(pinned[0], pinned.slice(1), {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this._process.stdin.on('error', () => {}); // It has ended: its exit says so.
    this._process.once('exit', () => this._wake());
    readline
      .createInterface({ input: this._process.stdout })
      .on('line', (line) => {
        this._events.push(JSON.parse(line));
        this._wake();
      });
  }

  /** `taskset` becomes the program that it starts, so that this is the number of that. */
  get pid() {
    return this._process.pid;
  }

  /** @param {string} line for its stdin */
  tell(line) {
    this._process.stdin.write(`${line}\n`);
  }

  /**
   * Waits for an event; those before it are dropped.
   *
   * @param {string} name
   * @returns {Promise<object>}
   */
  async event(name) {
    const deadline = Date.now() + PATIENCE;

    for (;;) {
      while (this._events.length > 0) {
        const event = this._events.shift();
        if (event.event === name) return event;
      }

      if (this._hasEnded() || Date.now() > deadline) {
        throw new Error(`No "${name}" from ${this._name}`);
      }
      await this._somethingNew(deadline - Date.now());
    }
  }

  /** Ends it at once. */
  async stop() {
    if (this._hasEnded()) return;

    const ended = once(this._process, 'exit');

    this._process.kill('SIGKILL');
    await ended;
  }

  _hasEnded() {
    return this._process.exitCode !== null || this._process.signalCode !== null;
  }

  _somethingNew(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this._wake(), milliseconds);

      this._waiting = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  _wake() {
    this._waiting?.();
    this._waiting = null;
  }
}

module.exports = { Child, canPin };

/** @returns {boolean} whether there are processors to choose from, and a way to */
function canPin() {
  return os.availableParallelism() > 1 && fs.existsSync(TASKSET);
}
