'use strict';

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const { test } = require('node:test');
const { Peer, startServer } = require('./support/connections');
const { listenRaw } = require('./support/raw-peer');
const { WebSocket } = require('./support/subject');
const { eventOf } = require('./support/waiting');

test('the listeners of a client see the context it was made in', async (t) => {
  const { wss, url } = await startServer(t, Peer);
  wss.on('connection', (connection) => {
    connection.send('message');
    connection.ping();
    connection.pong();
    connection.on('message', () => connection.close(1000));
  });
  const storage = new AsyncLocalStorage();
  const seen = {};

  const client = storage.run('mine', () => new WebSocket(url));
  for (const name of ['upgrade', 'open', 'message', 'ping', 'pong', 'close']) {
    client.on(name, () => (seen[name] = storage.getStore()));
  }
  client.on('message', () => {
    client.send('answer', () => (seen.callback = storage.getStore()));
  });
  await eventOf(client, 'close');

  assert.deepEqual(seen, {
    upgrade: 'mine',
    open: 'mine',
    message: 'mine',
    ping: 'mine',
    pong: 'mine',
    callback: 'mine',
    close: 'mine',
  });
});

test('two clients do not mix their contexts', async (t) => {
  const { wss, url } = await startServer(t, Peer);
  wss.on('connection', (connection) => {
    connection.on('message', (data) => connection.send(data.toString()));
  });
  const storage = new AsyncLocalStorage();

  const results = await Promise.all(
    ['a', 'b', 'c'].map(async (context) => {
      const client = storage.run(context, () => new WebSocket(url));
      t.after(() => client.terminate());
      const contexts = new Set();
      const done = new Promise((resolve) => {
        let count = 0;
        client.on('message', () => {
          contexts.add(storage.getStore());
          if (++count === 200) resolve();
        });
      });
      await eventOf(client, 'open');
      for (let i = 0; i < 200; i++) client.send('x');
      await done;
      return [...contexts];
    }),
  );

  assert.deepEqual(results, [['a'], ['b'], ['c']]);
});

test('what follows a message keeps the context', async (t) => {
  const { wss, url } = await startServer(t, Peer);
  wss.on('connection', (connection) => connection.send('message'));
  const storage = new AsyncLocalStorage();

  const client = storage.run('mine', () => new WebSocket(url));
  t.after(() => client.terminate());
  const seen = await new Promise((resolve) => {
    client.on('message', async () => {
      const stores = [];
      await null;
      stores.push(storage.getStore());
      process.nextTick(() => {
        stores.push(storage.getStore());
        setImmediate(() => resolve([...stores, storage.getStore()]));
      });
    });
  });

  assert.deepEqual(seen, ['mine', 'mine', 'mine']);
});

test('an error of a client comes in its context', async (t) => {
  const listener = await listenRaw(t);
  const storage = new AsyncLocalStorage();
  const client = storage.run('mine', () => new WebSocket(listener.url));
  const failed = new Promise((resolve) => {
    client.on('error', () => resolve(storage.getStore()));
  });
  const raw = await listener.accept();

  raw.send({ opcode: 3 });

  assert.equal(await failed, 'mine');
});

test('a connection of a server does not see the context of a sender', async (t) => {
  const { wss, url } = await startServer(t, WebSocket);
  const storage = new AsyncLocalStorage();
  const seen = new Promise((resolve) => {
    wss.on('connection', (connection) => {
      connection.on('message', () => resolve(storage.getStore()));
    });
  });
  const client = new Peer(url);
  t.after(() => client.terminate());
  await eventOf(client, 'open');

  storage.run('of the sender', () => client.send('x'));

  assert.equal(await seen, undefined);
});

test('a context entered in one message listener ends with it', async (t) => {
  const { wss, url } = await startServer(t, WebSocket);
  const storage = new AsyncLocalStorage();
  const seen = [];
  const done = new Promise((resolve) => {
    wss.on('connection', (connection) => {
      connection.on('message', (data) => {
        storage.run(data.toString(), () => {
          setImmediate(() => {
            seen.push(storage.getStore());
            if (seen.length === 3) resolve();
          });
        });
        assert.equal(storage.getStore(), undefined);
      });
    });
  });
  const client = new Peer(url);
  t.after(() => client.terminate());
  await eventOf(client, 'open');

  for (const name of ['1', '2', '3']) client.send(name);

  await done;
  assert.deepEqual(seen, ['1', '2', '3']);
});
