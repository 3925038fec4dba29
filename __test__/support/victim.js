'use strict';

const { runProgram } = require('./programs');
const { connectRawClient, listenRaw } = require('./raw-peer');

/**
 * Starts one end of connections in a process of its own, to be attacked by hand.
 *
 * @param {import('node:test').TestContext} t
 * @param {'server' | 'client'} role of the implementation under test
 * @param {object} [options] options for the implementation under test
 * @param {string[]} [headers] header lines of the raw peer
 * @returns {Promise<{ raw: RawPeer, connect: () => Promise<RawPeer>, usage: () => Promise<Usage>, line: (start: string) => Promise<string> }>}
 */
async function startVictim(t, role, options = {}, headers = []) {
  const settings = JSON.stringify(options);
  let program, raw;
  let connect = null;

  if (role === 'server') {
    program = runProgram(t, 'victim', role, settings);
    const port = Number(await program.line('port '));
    connect = () => connectRawClient(t, port, { headers });
    raw = await connect();
  } else {
    const listener = await listenRaw(t, { headers });
    program = runProgram(t, 'victim', role, settings, listener.url);
    raw = await listener.accept();
  }
  program.ended.catch(() => {});

  let asked = 0;
  return { raw, connect, usage, line: program.line };

  /**
   * What the victim has cost so far.
   *
   * @typedef {object} Usage
   * @property {number} cpu milliseconds
   * @property {number} rss bytes now
   * @property {number} peak the most bytes ever
   * @property {number} message how many there were; and so on
   */
  async function usage(command = 'usage') {
    const id = ++asked;
    program.child.stdin.write(`${command} ${id}\n`);
    return JSON.parse(await program.line(`usage ${id} `));
  }
}

/** Writes to a raw peer, no faster than its socket takes it. Stops when that is closed. */
async function pour(raw, chunk, times = 1) {
  for (let i = 0; i < times && !raw.socket.destroyed; i++) {
    if (raw.socket.write(chunk)) continue;
    await new Promise((resolve) => {
      raw.socket.once('drain', resolve);
      raw.socket.once('close', resolve);
    });
  }
}

const MIB = 1024 * 1024;

module.exports = { MIB, pour, startVictim };
