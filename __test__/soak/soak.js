'use strict';

const { fork } = require('node:child_process');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

const { Ledger } = require('./ledger');

const SAMPLE_MS = 5_000;
/** Connections that are still there after this will never end. */
const PATIENCE_MS = 60_000;
/** Connections a second, until it is known what they cost. */
const FIRST_PACE = 10;

/**
 * Has glibc give back what is free. As it is, it keeps up to 64 MB for large messages, which it gets back in pieces, and
 * the RSS says how much it keeps instead of how much is in use.
 */
const FRUGAL = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '131072',
};

/** A server and its clients, each in a process of its own, and what is known of both. */
class Soak {
  constructor(seed, cpu) {
    this.ledger = new Ledger();
    /** @type {Record<'server' | 'clients', object[]>} */
    this.samples = { server: [], clients: [] };
    this.pace = FIRST_PACE;
    this._seed = seed;
    this._cpu = cpu;
    this._began = performance.now();
  }

  async start() {
    this._server = this._startProgram('server', []);
    const { doors } = await this._message(this._server, 'listening');
    this._clients = this._startProgram('clients', [
      ...['--seed', String(this._seed)],
      ...['--doors', JSON.stringify(doors)],
    ]);
  }

  /** Traffic for a while, then a quiet moment. */
  async round(milliseconds, warmingUp) {
    const end = performance.now() + milliseconds;
    const before = await this._sampleBoth(false);
    const began = performance.now();
    this._clients.send({ type: 'pace', pace: this.pace });
    while (performance.now() < end) {
      await sleep(Math.min(SAMPLE_MS, end - performance.now()));
      if (performance.now() < end) await this._sampleBoth(false);
    }

    await this._quiet();
    const after = await this._sampleBoth(true);
    if (warmingUp) this._adaptPace(before, after, performance.now() - began);
  }

  /** The steady connections end as well, and both processes are to end by themselves. */
  async finish() {
    this._clients.send({ type: 'finish' });
    await this._settled(0, 'the steady connections');
    this.ledger.settleRest();
    await this._sampleBoth(true);
    this._server.kill();
    this._clients.kill();
  }

  _startProgram(name, args) {
    const child = fork(path.join(__dirname, `${name}.js`), args, {
      execArgv: ['--expose-gc'],
      env: { ...process.env, ...FRUGAL },
    });
    child.setMaxListeners(0);
    child.on('message', ({ type, account }) => {
      if (type === 'ended') this.ledger.add(account);
    });
    child.on('exit', (code, signal) => {
      if (signal === 'SIGTERM') return;
      console.error(`The ${name} ended: ${signal ?? code}`);
      process.exit(1);
    });
    return child;
  }

  _message(child, type) {
    return new Promise((resolve) => {
      child.on('message', function look(message) {
        if (message.type !== type) return;
        child.off('message', look);
        resolve(message);
      });
    });
  }

  async _quiet() {
    const quiet = this._message(this._clients, 'quiet');
    this._clients.send({ type: 'drain' });
    const patience = sleep(PATIENCE_MS, 'late', { ref: false });
    if ((await Promise.race([quiet, patience])) === 'late') {
      this.ledger.complain('clients do not come to rest');
    }
    await this._settled(null, 'the server');
    this.ledger.settleRest();
  }

  /** Waits until the server, too, has seen every connection end. */
  async _settled(open, whose) {
    const deadline = performance.now() + PATIENCE_MS;
    let before = null;
    for (;;) {
      const { server, clients } = await this._look();
      const same = server.open === (open ?? clients.open);
      // An end is told of a little after it; so twice the same.
      if (same && before === this.ledger.settled) return;
      before = this.ledger.settled;
      if (performance.now() > deadline) {
        this.ledger.complain(
          `${whose}: ${server.open} open on the server, ${clients.open} on the clients`,
        );
        return;
      }
      await sleep(200);
    }
  }

  async _sampleBoth(quiet) {
    const both = await this._look(quiet);
    const at = (performance.now() - this._began) / 60_000;
    for (const [name, sample] of Object.entries(both)) {
      this.samples[name].push({ ...sample, quiet, at });
    }
    return both;
  }

  async _look(quiet = false) {
    const ask = async (child) => {
      const answer = this._message(child, 'sample');
      child.send({ type: 'sample', quiet });
      return answer;
    };
    const [server, clients] = await Promise.all(
      [this._server, this._clients].map(ask),
    );
    return { server, clients };
  }

  /** Several soaks are to fit on a machine: both processes together use so much of one processor. */
  _adaptPace(before, after, milliseconds) {
    const used = ['server', 'clients'].reduce(
      (sum, name) => sum + after[name].cpu - before[name].cpu,
      0,
    );
    const factor = this._cpu / (used / (milliseconds / 1000));
    this.pace = Math.min(400, this.pace * Math.min(2, Math.max(0.5, factor)));
  }
}

module.exports = { Soak };
