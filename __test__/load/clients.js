'use strict';

// Some of the thousands. Runs as a child of run.js, which says what to do.

const { WebSocket } = require('../support/subject');
const { answerSamples } = require('../soak/sampling');

/** So many connections are opened at a time. */
const AT_ONCE = 100;
/** One address has 28,000 ports, of which some rest for a while after each use. */
const ADDRESSES = 20;

const clients = [];
const dropped = [];
let isEnding = false;

answerSamples(() => clients.length - dropped.length);

const COMMANDS = {
  async open({ port, count }) {
    let left = count;
    const openSome = async () => {
      while (left-- > 0) clients.push(await openOne(port, clients.length));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, openSome));
    return {};
  },

  /** Every client sends a message of its own, and hears it. */
  async echo({ round }) {
    const began = performance.now();
    await Promise.all(clients.map((entry, i) => echoOf(entry, round, i)));
    return { milliseconds: performance.now() - began, dropped };
  },

  async close() {
    isEnding = true;
    const codes = {};
    await Promise.all(
      clients.map(async ({ client }) => {
        const closed = new Promise((resolve) => client.on('close', resolve));
        client.close(1000);
        const code = await closed;
        codes[code] = (codes[code] ?? 0) + 1;
      }),
    );
    return { codes };
  },
};

process.on('message', async ({ type, ...details }) => {
  if (!Object.hasOwn(COMMANDS, type)) return;
  process.send({ type, ...(await COMMANDS[type](details)) });
});

function openOne(port, number) {
  const localAddress = `127.0.0.${2 + (number % ADDRESSES)}`;
  const client = new WebSocket(`ws://127.0.0.1:${port}`, { localAddress });
  const entry = { client, awaited: null, answered: null };
  client.on('error', (error) => dropped.push(error.message));
  client.on('message', (data) => {
    const text = data.toString();
    if (text !== entry.awaited) {
      dropped.push(`heard "${text}" for "${entry.awaited}"`);
    }
    entry.awaited = null;
    entry.answered?.();
  });
  return new Promise((resolve) => {
    client.on('open', () => resolve(entry));
    client.on('close', (code) => {
      if (!isEnding) dropped.push(`closed with ${code}`);
      resolve(entry);
      entry.answered?.();
    });
  });
}

function echoOf(entry, round, number) {
  entry.awaited = `${round} ${process.pid} ${number} `.padEnd(125, '.');
  const answered = new Promise((resolve) => (entry.answered = resolve));
  entry.client.send(entry.awaited);
  return answered;
}
