'use strict';

/*
 * viem's webSocket transport. It hangs methods of its own on the socket: its close() and ping() are then the ones
 * that `ws` itself calls, too.
 */

// Where Node has a WebSocket of its own, viem takes it and not `ws`.
delete globalThis.WebSocket;

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { createPublicClient, webSocket } = require('viem');
const { WebSocket } = require('ws');
const { usesExpectedImplementation } = require('./support/implementation');
const { JsonRpcNode } = require('./support/json-rpc-node');
const { eventOf, until, within } = require('./support/waiting');

const ADDRESS = `0x${'11'.repeat(20)}`;
const IMPATIENT = {
  retryCount: 0,
  reconnect: { attempts: 20, delay: 10 },
};

usesExpectedImplementation('viem', 'isows');

test('requests get their own answers, however many there are at a time', async (t) => {
  const { client, node } = await connect(t);

  assert.equal(await client.getChainId(), 1337);
  assert.equal(await client.getBalance({ address: ADDRESS }), 10n ** 18n);
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, n) => {
      const data = `0x${n.toString(16).padStart(4, '0')}`;
      return client.call({ data, to: ADDRESS });
    }),
  );
  answers.forEach(({ data }, n) => assert.equal(Number(data), n));
  assert.equal(node.wss.clients.size, 1);
  const { socket } = await client.transport.getRpcClient();
  assert.ok(socket instanceof WebSocket);
});

test('an error of the node is one here, with its code', async (t) => {
  const { client } = await connect(t);
  await assert.rejects(client.request({ method: 'eth_nothing' }), {
    code: -32601,
    details: 'no eth_nothing here',
  });
});

test('a megabyte goes there and back, compressed', async (t) => {
  const { client } = await connect(t, { perMessageDeflate: true });
  const { socket } = await client.transport.getRpcClient();
  assert.equal(socket.extensions, 'permessage-deflate');

  const data = `0x${'c0ffee'.repeat(170_000)}`;
  assert.equal((await client.call({ data, to: ADDRESS })).data, data);
});

test('new blocks are heard of, in order, until one has enough', async (t) => {
  const { client, node } = await connect(t);
  const numbers = [];
  const unwatch = client.watchBlocks({
    onBlock: (block) => numbers.push(block.number),
    onError: (error) => assert.fail(error),
  });
  await until(
    () => node.subscriptions.includes('newHeads'),
    'viem did not subscribe',
  );

  // viem fetches each block before it tells of it.
  for (let height = 101; height <= 120; height++) {
    node.mine();
    await until(
      () => numbers.at(-1) === BigInt(height),
      `block ${height} was not heard of`,
    );
  }
  assert.deepEqual(
    numbers.filter((number) => number > 100n),
    Array.from({ length: 20 }, (_, n) => BigInt(101 + n)),
  );

  unwatch();
  await until(
    () => node.subscriptions.length === 0,
    'viem did not unsubscribe',
  );
});

for (const { title, cut } of [
  { title: 'cut', cut: (peer) => peer.terminate() },
  { title: 'closed with 1012', cut: (peer) => peer.close(1012, 'restart') },
]) {
  test(`a connection that is ${title} is made again, with its subscriptions`, async (t) => {
    const { client, node } = await connect(t);
    const heads = [];
    const errors = [];
    await client.transport.subscribe({
      params: ['newHeads'],
      onData: ({ result }) => heads.push(Number(result.number)),
      onError: (error) => errors.push(error.name),
    });
    node.mine();
    await until(() => heads.length === 1, 'no news on the first connection');

    const again = eventOf(node.wss, 'connection');
    for (const peer of node.wss.clients) cut(peer);
    await again;
    await until(
      () =>
        node.count('eth_subscribe') === 2 && node.subscriptions.length === 1,
      'viem did not subscribe again',
    );
    node.mine();
    await until(() => heads.length === 2, 'no news on the second connection');
    assert.deepEqual(heads, [101, 102]);
    assert.deepEqual([...new Set(errors)], ['SocketClosedError']);
    assert.equal(await client.getBlockNumber({ cacheTime: 0 }), 102n);
  });
}

test('a request without an answer fails when the connection ends', async (t) => {
  const { client, node } = await connect(t);
  const rpcClient = await client.transport.getRpcClient();
  const { socket } = rpcClient;
  const failed = assert.rejects(client.request({ method: 'test_silence' }), {
    name: 'SocketClosedError',
  });
  await until(() => node.count('test_silence') === 1, 'it was not asked');

  // `ws` answers a close frame through the close() that it finds on the socket: viem's.
  const { close } = socket;
  const states = [];
  socket.close = (...args) => {
    states.push(socket.readyState);
    close.apply(socket, args);
  };
  for (const peer of node.wss.clients) peer.close(1001);
  await within(failed, 'the request did not fail');
  assert.equal(states[0], WebSocket.OPEN);
  await until(() => rpcClient.socket !== socket, 'viem did not connect again');
  assert.equal(await client.getChainId(), 1337);
});

test('it keeps the connection alive', async (t) => {
  const { node } = await connect(t, {}, { keepAlive: { interval: 10 } });
  await until(() => node.count('net_version') >= 3, 'nothing came');
});

test('nobody there is an error, and somebody later is found', async (t) => {
  const refusals = 2;
  let asked = 0;
  const node = await JsonRpcNode.start(t, {
    verifyClient: () => ++asked > refusals,
  });
  // With `reconnect`, those that were refused would try on, with nobody to end them.
  const client = createPublicClient({
    transport: webSocket(node.url, { retryCount: 0, reconnect: false }),
  });
  for (let n = 0; n < refusals; n++) {
    await assert.rejects(client.getBlockNumber(), (event) => {
      assert.match(String(event.details ?? event.message), /401/);
      return true;
    });
  }
  assert.equal(await client.getBlockNumber(), 100n);
  await end(client);
});

test('close() ends the connection for good', async (t) => {
  const node = await JsonRpcNode.start(t);
  const client = createPublicClient({
    transport: webSocket(node.url, IMPATIENT),
  });
  await client.getBlockNumber();
  const [peer] = node.wss.clients;
  node.wss.on('connection', () => assert.fail('viem connected again'));
  const closed = eventOf(peer, 'close');
  await end(client);
  const [code] = await closed;
  assert.equal(code, 1005);
});

/** A node, and a client that is connected to it. */
async function connect(t, serverOptions, transportOptions) {
  const started = {};
  // Before the node goes, or it would try to connect again.
  t.after(() => end(started.client));
  const node = await JsonRpcNode.start(t, serverOptions);
  const client = createPublicClient({
    transport: webSocket(node.url, { ...IMPATIENT, ...transportOptions }),
    pollingInterval: 50,
  });
  started.client = client;
  await client.getBlockNumber();
  return { client, node };
}

async function end(client) {
  (await client.transport.getRpcClient()).close();
}
