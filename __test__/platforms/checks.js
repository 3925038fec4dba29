'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const https = require('node:https');
const path = require('node:path');
const { promisify } = require('node:util');
const { Worker } = require('node:worker_threads');

const { Peer, connect, startServer } = require('../support/connections');
const { SeededRandom } = require('../support/random');
const { WebSocket } = require('../support/subject');
const { closeOf, eventOf, messagesOf } = require('../support/waiting');

/**
 * @typedef {object} Check
 * @property {string} name The sentence that must hold
 * @property {string[]} [roles] Of hawser, if not each: the other end is ws
 * @property {(t: object, about: { driver: string, role: string }) => Promise<void>} run
 */

/** What holds on each driver. @type {Check[]} */
const CHECKS = [
  { name: 'the driver serves', roles: ['both'], run: driverServes },
  { name: 'text and binary of every length come back', run: lengths },
  { name: 'large messages come back', run: largeMessages },
  { name: 'fragments are put together', run: fragments },
  { name: 'compressed messages come back', run: compression },
  { name: 'messages arrive in the order they were sent', run: order },
  { name: 'pings are answered', run: pings },
  { name: 'code and reason of a close arrive', run: closing },
  { name: 'text that is not UTF-8 is refused', run: notUtf8 },
  { name: 'many clients hear a broadcast', roles: ['server'], run: broadcast },
  { name: 'a paused peer gets all there is', run: pausing },
];

/** What needs to be looked at once. @type {Check[]} */
const ONCE = [
  { name: 'wss: works', run: secure },
  { name: 'a server and a client work in workers', run: workers },
  { name: 'busy workers can be terminated', run: terminatedWorkers },
];

module.exports = { CHECKS, ONCE };

const WORKER = path.join(__dirname, '..', 'support', 'programs', 'worker.js');

async function driverServes(t, { driver }) {
  const { subject, peer } = await connect(t, 'both');

  for (const { _socket: socket } of [subject, peer]) {
    const isTaken = socket._handle?.constructor.name === 'NativeHandle';
    assert.equal(isTaken, driver !== 'stream');
  }
}

async function lengths(t, { role }) {
  const { peer } = await connectEcho(t, role);
  const random = new SeededRandom(1);

  // Around the lengths at which a frame's header grows, and where vectors of the CPU begin and end.
  for (const length of [
    0, 1, 7, 8, 15, 16, 17, 31, 33, 63, 65, 125, 126, 127, 4095, 4097, 65535,
    65536, 65537,
  ]) {
    await echoed(peer, random.bytes(length));
    await echoed(peer, 'z'.repeat(length));
    await echoed(peer, textOf(random, length));
  }
}

async function largeMessages(t, { role }) {
  const { peer } = await connectEcho(t, role);
  const random = new SeededRandom(2);

  await echoed(peer, random.bytes(5_000_003));
  await echoed(peer, textOf(random, 1_000_000));
}

async function fragments(t, { role }) {
  const { peer } = await connectEcho(t, role);
  const data = new SeededRandom(3).bytes(200_001);
  const answer = messagesOf(peer, 1);

  for (const [from, to] of [
    [0, 1],
    [1, 1],
    [1, 130_000],
  ]) {
    peer.send(data.subarray(from, to), { fin: false });
  }
  peer.send(data.subarray(130_000), { fin: true });

  const [{ data: received }] = await answer;
  assert.ok(data.equals(received));
}

async function compression(t, { role }) {
  const options = { perMessageDeflate: { threshold: 0 } };
  const { subject, peer } = await connectEcho(t, role, options);
  const random = new SeededRandom(4);

  assert.match(subject.extensions, /^permessage-deflate/);
  // The same window serves them all.
  for (let round = 0; round < 30; round++) {
    await echoed(peer, `round ${round}: ${textOf(random, 300)}`);
  }
  await echoed(peer, 'a'.repeat(1_000_000));
  await echoed(peer, textOf(random, 300_000));
  await echoed(peer, random.bytes(500_000));
}

async function order(t, { role }) {
  const { peer } = await connectEcho(t, role);
  const count = 3000;
  const answers = messagesOf(peer, count);

  for (let i = 0; i < count; i++) peer.send(`${i} ${'.'.repeat(i % 97)}`);

  for (const [i, { data }] of (await answers).entries()) {
    assert.equal(data.toString(), `${i} ${'.'.repeat(i % 97)}`);
  }
}

async function pings(t, { role }) {
  const { subject, peer } = await connect(t, role);

  for (const [from, to] of [
    [subject, peer],
    [peer, subject],
  ]) {
    const [heard, answered] = [eventOf(to, 'ping'), eventOf(from, 'pong')];
    from.ping('are you there?');
    assert.equal((await heard)[0].toString(), 'are you there?');
    assert.equal((await answered)[0].toString(), 'are you there?');
  }
}

async function closing(t, { role }) {
  for (const closesItself of [true, false]) {
    const { subject, peer } = await connect(t, role);
    const [one, other] = closesItself ? [subject, peer] : [peer, subject];
    const both = Promise.all([closeOf(one), closeOf(other)]);

    one.close(4321, 'enough – genug');

    const expected = { code: 4321, reason: 'enough – genug' };
    assert.deepEqual(await both, [expected, expected]);
  }
}

async function notUtf8(t, { role }) {
  const { subject, peer } = await connect(t, role);
  const failed = eventOf(subject, 'error');
  const closed = closeOf(peer);

  peer.send(Buffer.from([0x61, 0xc0, 0x80]), { binary: false });

  assert.equal((await failed)[0].code, 'WS_ERR_INVALID_UTF8');
  assert.equal((await closed).code, 1007);
}

async function broadcast(t) {
  const { wss, url } = await startServer(t, WebSocket);
  const clients = [];
  for (let i = 0; i < 60; i++) clients.push(new Peer(url));
  t.after(() => clients.forEach((client) => client.terminate()));
  await Promise.all(clients.map((client) => eventOf(client, 'open')));

  const heard = clients.map((client) => messagesOf(client, 20));
  for (let round = 0; round < 20; round++) {
    for (const connection of wss.clients) connection.send(`to all, ${round}`);
  }
  for (const messages of await Promise.all(heard)) {
    assert.equal(messages.at(-1).data.toString(), 'to all, 19');
  }

  const closed = clients.map(closeOf);
  for (const connection of wss.clients) connection.close(1001);
  for (const { code } of await Promise.all(closed)) assert.equal(code, 1001);
}

async function pausing(t, { role }) {
  const { subject, peer } = await connect(t, role);
  const block = Buffer.alloc(256 * 1024, 'p');
  const count = 64;
  const send = promisify(subject.send).bind(subject);

  peer.pause();
  const sent = Array.from({ length: count }, () => send(block));
  assert.ok(subject.bufferedAmount > 0);
  const messages = messagesOf(peer, count);
  peer.resume();

  for (const { data } of await messages) assert.ok(block.equals(data));
  await Promise.all(sent);
}

async function secure(t) {
  const tls = path.join(__dirname, '..', 'support', 'tls');
  const server = https.createServer({
    cert: fs.readFileSync(path.join(tls, 'test-only-cert.pem')),
    key: fs.readFileSync(path.join(tls, 'test-only-key.pem')),
  });
  const wss = new WebSocket.WebSocketServer({ server });
  t.after(() => server.close());
  wss.on('connection', echo);
  server.listen(0, '127.0.0.1');
  await eventOf(server, 'listening');

  const { port } = server.address();
  const client = new WebSocket(`wss://127.0.0.1:${port}`, {
    rejectUnauthorized: false,
  });
  await eventOf(client, 'open');
  await echoed(client, new SeededRandom(5).bytes(300_000));
  await echoed(client, 'through TLS');

  client.close();
  await closeOf(client);
}

async function workers(t) {
  const { wss, url } = await startServer(t, WebSocket);
  wss.on('connection', echo);
  const server = startWorker(t, { role: 'server' });
  const [{ port }] = await eventOf(server, 'message');
  const client = startWorker(t, { role: 'client', url, messages: 200 });
  const exited = [client, server].map((worker) => eventOf(worker, 'exit'));

  const { code } = await resultOf(client);
  assert.equal(code, 1000);

  const here = new WebSocket(`ws://127.0.0.1:${port}`);
  await eventOf(here, 'open');
  await echoed(here, 'into the worker and back');
  const closed = closeOf(here);
  server.postMessage('stop');
  assert.equal((await closed).code, 1001);
  assert.deepEqual(await Promise.all(exited), [[0], [0]]);
}

async function terminatedWorkers(t) {
  const { wss, url } = await startServer(t, WebSocket);
  wss.on('connection', echo);

  for (let round = 0; round < 3; round++) {
    const accepted = eventOf(wss, 'connection');
    const worker = startWorker(t, { role: 'client', url, messages: Infinity });
    const [connection] = await accepted;
    const closed = closeOf(connection);
    await eventOf(worker, 'message');

    await worker.terminate();

    assert.equal((await closed).code, 1006);
  }
}

async function connectEcho(t, role, options) {
  const both = await connect(t, role, { subject: options, peer: options });
  echo(both.subject);
  return both;
}

function echo(connection) {
  connection.on('message', (data, isBinary) => {
    connection.send(data, { binary: isBinary });
  });
}

async function echoed(websocket, message) {
  const answer = messagesOf(websocket, 1);
  websocket.send(message);

  const [{ data, isBinary }] = await answer;
  assert.equal(isBinary, typeof message !== 'string');
  const what = `${message.length} of ${isBinary ? 'binary' : 'text'}`;
  assert.ok(Buffer.from(message).equals(data), `${what} came back changed`);
}

/** Characters of one to four bytes. */
function textOf(random, length) {
  const alphabet = ['a', 'é', '—', '🦅', ' ', 'z'];
  let text = '';
  for (let i = 0; i < length; i++) {
    text += alphabet[random.between(0, alphabet.length - 1)];
  }
  return text;
}

function startWorker(t, workerData) {
  const worker = new Worker(WORKER, { workerData });
  t.after(() => worker.terminate());
  return worker;
}

/** The last thing that a client in a worker says. */
async function resultOf(worker) {
  for (;;) {
    const [message] = await eventOf(worker, 'message');
    if (!message.busy) return message;
  }
}
