'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');
const { Peer, startServer } = require('./support/connections');
const { WebSocket } = require('./support/subject');
const { closeOf, eventOf, messagesOf } = require('./support/waiting');

const PROGRAM = path.join(__dirname, 'support', 'programs', 'worker.js');
const ROUNDS = 20;

test('a server works in a worker', async (t) => {
  const worker = startWorker(t, { role: 'server' });
  const [{ port }] = await eventOf(worker, 'message');
  const client = await open(t, Peer, port);

  client.send('to the worker');
  assert.equal(
    (await messagesOf(client, 1))[0].data.toString(),
    'to the worker',
  );

  const closed = closeOf(client);
  const exited = eventOf(worker, 'exit');
  worker.postMessage('stop');
  assert.equal((await closed).code, 1001);
  assert.equal((await exited)[0], 0);
});

test('a client works in a worker', async (t) => {
  const { url } = await startEcho(t, Peer);

  const worker = startWorker(t, { role: 'client', url, messages: 500 });
  const exited = eventOf(worker, 'exit');

  const { answers, code } = await resultOf(worker);
  assert.equal(code, 1000);
  assert.ok(answers >= 500);
  assert.equal((await exited)[0], 0);
});

test('main thread and worker talk to each other', async (t) => {
  const worker = startWorker(t, { role: 'server' });
  const [{ port }] = await eventOf(worker, 'message');
  const client = await open(t, WebSocket, port);

  for (let i = 0; i < 200; i++) client.send(`${i}`);

  const messages = await messagesOf(client, 200);
  assert.equal(messages.at(-1).data.toString(), '199');
});

test('two workers work at once', async (t) => {
  const { url } = await startEcho(t, WebSocket);

  const results = await Promise.all(
    [100, 20_000].map((size) =>
      resultOf(startWorker(t, { role: 'client', url, messages: 300, size })),
    ),
  );

  assert.deepEqual(
    results.map(({ code }) => code),
    [1000, 1000],
  );
});

test(`a worker with a busy client can be terminated, ${ROUNDS} times`, async (t) => {
  const { wss, url } = await startEcho(t, WebSocket);
  const watcher = await open(t, Peer, wss.address().port);

  for (let round = 0; round < ROUNDS; round++) {
    const accepted = eventOf(wss, 'connection');
    const worker = startWorker(t, {
      role: 'client',
      url,
      messages: Infinity,
      size: round % 2 === 0 ? 100 : 50_000,
    });
    const [connection] = await accepted;
    const closed = eventOf(connection, 'close');
    await eventOf(worker, 'message');

    await worker.terminate();

    assert.equal((await closed)[0], 1006);
    watcher.send(`round ${round}`);
    const [{ data }] = await messagesOf(watcher, 1);
    assert.equal(data.toString(), `round ${round}`);
  }
});

test(`a worker with a busy server can be terminated, ${ROUNDS} times`, async (t) => {
  for (let round = 0; round < ROUNDS; round++) {
    const worker = startWorker(t, { role: 'server' });
    const [{ port }] = await eventOf(worker, 'message');
    const clients = await Promise.all(
      [Peer, WebSocket].map((Client) => open(t, Client, port)),
    );
    const busy = clients.map((client) => {
      client.on('message', (data) => {
        if (client.readyState === client.OPEN) client.send(data);
      });
      for (let i = 0; i < 8; i++) client.send(Buffer.alloc(5000));
      return eventOf(client, 'message');
    });
    await Promise.all(busy);
    const closed = clients.map(closeOf);

    await worker.terminate();

    for (const { code } of await Promise.all(closed)) assert.equal(code, 1006);
  }
});

function startWorker(t, workerData) {
  const worker = new Worker(PROGRAM, { workerData });
  t.after(() => worker.terminate());
  return worker;
}

async function startEcho(t, Implementation) {
  const server = await startServer(t, Implementation);
  server.wss.on('connection', (connection) => {
    connection.on('message', (data, isBinary) => {
      connection.send(data, { binary: isBinary });
    });
  });
  return server;
}

async function open(t, Client, port) {
  const client = new Client(`ws://127.0.0.1:${port}`);
  t.after(() => client.terminate());
  await eventOf(client, 'open');
  return client;
}

/** The second thing a client in a worker tells: how it ended. */
async function resultOf(worker) {
  for (;;) {
    const [message] = await eventOf(worker, 'message');
    if (!message.busy) return message;
  }
}
