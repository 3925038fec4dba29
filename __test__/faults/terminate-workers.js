'use strict';

/*
 * Starts workers whose connections are busy, and terminates them in the midst of that, some at a time; at the end the
 * process must have as many sockets and threads as before.
 *
 *   HAWSER_IO_THREADS=2 node __test__/faults/terminate-workers.js --times 1000
 */

const path = require('node:path');
const { parseArgs } = require('node:util');
const { Worker } = require('node:worker_threads');

const { countSockets, countThreads } = require('../support/descriptors');
const { SeededRandom } = require('../support/random');
const { WebSocket, WebSocketServer } = require('../support/subject');
const { eventOf, until } = require('../support/waiting');

const PROGRAM = path.join(__dirname, '..', 'support', 'programs', 'worker.js');
const AT_ONCE = 4;
const WARM_UP = 6;

module.exports = { terminateWorkers };

if (require.main === module) main();

async function main() {
  const { values } = parseArgs({
    options: {
      times: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
    },
  });
  const result = await terminateWorkers(+values.times, +values.seed);
  console.log(JSON.stringify(result));
}

/**
 * @param {number} times
 * @param {number} seed
 * @returns {Promise<object>} how many there were, and what they left behind
 */
async function terminateWorkers(times, seed) {
  const random = new SeededRandom(seed);
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await eventOf(wss, 'listening');
  const url = `ws://127.0.0.1:${wss.address().port}`;
  const counts = { terminated: 0, connections: 0, closes: 0 };
  wss.on('connection', (connection) => {
    counts.connections++;
    connection.on('message', (data) => connection.send(data));
    connection.on('close', () => counts.closes++);
  });
  // The first ones have whatever is made once made: our own I/O threads, for example.
  for (let i = 0; i < WARM_UP; i++) await terminateOne(url, random, counts);
  await until(() => wss.clients.size === 0, 'a connection is left');
  const before = lookAround();

  let left = times - WARM_UP;
  const terminateOn = async () => {
    while (left-- > 0) await terminateOne(url, random, counts);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, terminateOn));

  await until(
    () => counts.closes === counts.connections && wss.clients.size === 0,
    'a connection is left',
  );
  await until(
    () => lookAround().sockets <= before.sockets,
    `there were ${before.sockets} sockets`,
  ).catch(() => {});
  const after = lookAround();
  await new Promise((resolve) => wss.close(resolve));
  return { ...counts, before, after };
}

function lookAround() {
  return { sockets: countSockets('self'), threads: countThreads('self') };
}

/** In half of the cases the worker is the server, and this the client. */
async function terminateOne(url, random, counts) {
  const role = random.chance(0.5) ? 'client' : 'server';
  const size = random.chance(0.5) ? 100 : 50_000;
  const delay = random.between(0, 5);
  const worker = new Worker(PROGRAM, {
    workerData: { role, url, size, messages: Infinity },
  });
  const [{ port }] = await eventOf(worker, 'message');
  const client = role === 'server' ? await talkTo(port, size) : null;
  const closed = client && eventOf(client, 'close');
  await new Promise((resolve) => setTimeout(resolve, delay));

  await worker.terminate();
  await closed;
  counts.terminated++;
}

/** Keeps a server busy. */
async function talkTo(port, size) {
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  client.on('message', (data) => {
    if (client.readyState === WebSocket.OPEN) client.send(data);
  });
  await eventOf(client, 'open');
  for (let i = 0; i < 8; i++) client.send(Buffer.alloc(size));
  return client;
}
