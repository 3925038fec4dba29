'use strict';

/* ethers' WebSocketProvider, on the socket that it makes itself and on one that it is given. */

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { WebSocketProvider, ethers } = require('ethers');
const { WebSocket } = require('ws');
const { usesExpectedImplementation } = require('./support/implementation');
const { JsonRpcNode } = require('./support/json-rpc-node');
const { eventOf, until } = require('./support/waiting');

const ADDRESS = `0x${'11'.repeat(20)}`;

usesExpectedImplementation('ethers');

test('requests get their own answers, however many there are at a time', async (t) => {
  const { node, provider } = await connect(t);

  assert.ok(provider.websocket instanceof WebSocket);
  assert.equal((await provider.getNetwork()).chainId, 1337n);
  assert.equal(await provider.getBlockNumber(), 100);
  assert.equal(await provider.getBalance(ADDRESS), 10n ** 18n);
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, n) =>
      provider.call({ to: ADDRESS, data: ethers.toBeHex(n, 4) }),
    ),
  );
  answers.forEach((data, n) => assert.equal(data, ethers.toBeHex(n, 4)));
  assert.equal(node.wss.clients.size, 1);
});

test('what is asked before the connection is there is sent when it is', async (t) => {
  const node = await JsonRpcNode.start(t);
  const provider = new WebSocketProvider(node.url);
  t.after(() => provider.destroy());

  assert.equal(provider.websocket.readyState, WebSocket.CONNECTING);
  const block = await provider.getBlock(7);
  assert.equal(block.number, 7);
  assert.equal(block.timestamp, 1_700_000_007);
});

test('an error of the node is one here', async (t) => {
  const { provider } = await connect(t);
  await assert.rejects(
    provider.send('eth_nothing', []),
    ({ code, error }) =>
      code === 'UNSUPPORTED_OPERATION' ||
      (code === 'UNKNOWN_ERROR' && error.message === 'no eth_nothing here'),
  );
});

test('a megabyte goes there and back, compressed', async (t) => {
  const { provider } = await connect(t, { perMessageDeflate: true });
  assert.equal(provider.websocket.extensions, 'permessage-deflate');
  const data = `0x${'c0ffee'.repeat(170_000)}`;
  assert.equal(await provider.call({ to: ADDRESS, data }), data);
});

test('news of all kinds are heard of until one has enough', async (t) => {
  const { node, provider } = await connect(t);
  const heard = { block: [], pending: [], log: [] };
  const filter = { address: ADDRESS };
  await provider.on('block', (number) => heard.block.push(number));
  await provider.on('pending', (hash) => heard.pending.push(hash));
  await provider.on(filter, (log) => heard.log.push(log));
  await until(
    () => node.subscriptions.length === 3,
    'ethers did not subscribe three times',
  );

  for (let n = 0; n < 25; n++) node.mine();
  const hash = ethers.id('pending');
  node.publish('newPendingTransactions', hash);
  node.publish('logs', {
    address: ADDRESS,
    blockHash: ethers.id('block'),
    blockNumber: '0x7d',
    data: '0xbeef',
    logIndex: '0x3',
    removed: false,
    topics: [ethers.id('Hoisted(uint256)')],
    transactionHash: ethers.id('transaction'),
    transactionIndex: '0x1',
  });
  await until(() => heard.log.length === 1, 'not all news were heard of');
  assert.deepEqual(
    heard.block,
    Array.from({ length: 25 }, (_, n) => 101 + n),
  );
  assert.deepEqual(heard.pending, [hash]);
  assert.equal(heard.log[0].index, 3);
  assert.equal(heard.log[0].data, '0xbeef');

  await provider.removeAllListeners();
  await until(
    () => node.subscriptions.length === 0,
    'ethers did not unsubscribe',
  );
});

test('destroy() closes the connection, and what was asked fails', async (t) => {
  const { node, provider } = await connect(t);
  const [peer] = node.wss.clients;
  const closed = eventOf(peer, 'close');
  const { websocket } = provider;
  const closedHere = eventOf(websocket, 'close');

  await provider.destroy();
  assert.throws(() => provider.websocket, /websocket closed/);
  const [code] = await closed;
  assert.equal(code, 1005);
  await closedHere;
  await assert.rejects(provider.getBlockNumber(), {
    code: 'UNSUPPORTED_OPERATION',
  });
});

test('a program that watches its connection with pings makes a new one in time', async (t) => {
  const node = await JsonRpcNode.start(t);
  const heads = [];
  let connections = 0;
  let pongs = 0;
  let current;
  start();
  t.after(() => current.destroy());

  await until(() => node.subscriptions.length === 1, 'it did not subscribe');
  node.mine();
  await until(() => heads.length === 1, 'no news on the first connection');
  await until(() => pongs > 5, 'the pings were not answered');
  assert.equal(connections, 1);
  // The node stops reading: no pong comes any more.
  for (const peer of node.wss.clients) peer.pause();
  await until(() => connections === 2, 'the connection was not given up');
  await until(
    () => node.wss.clients.size === 2 && node.subscriptions.length === 2,
    'there was no second subscription',
  );
  for (const peer of node.wss.clients) peer.resume();
  await until(() => node.wss.clients.size === 1, 'the first one did not go');
  node.mine();
  await until(() => heads.length === 2, 'no news on the second connection');
  assert.deepEqual(heads, [101, 102]);

  /** What programs do, since ethers itself does not connect again. */
  function start() {
    connections++;
    const provider = new WebSocketProvider(node.url);
    current = provider;
    const { websocket } = provider;
    let lost;
    let interval;
    websocket.on('open', () => {
      interval = setInterval(() => {
        lost ??= setTimeout(() => websocket.terminate(), 500);
        websocket.ping();
      }, 20);
      provider.on('block', (number) => heads.push(number));
    });
    websocket.on('pong', () => {
      pongs++;
      clearTimeout(lost);
      lost = undefined;
    });
    websocket.on('close', () => {
      clearInterval(interval);
      clearTimeout(lost);
      if (connections === 1) start();
    });
  }
});

test('a socket with options of its own can be handed over', async (t) => {
  let headers;
  const node = await JsonRpcNode.start(t, {
    verifyClient: ({ req }) => {
      ({ headers } = req);
      return req.headers.authorization === 'Bearer anchor';
    },
  });
  const create = () =>
    new WebSocket(node.url, ['rpc'], {
      headers: { Authorization: 'Bearer anchor' },
      perMessageDeflate: false,
    });
  for (const given of [create(), create]) {
    const provider = new WebSocketProvider(given);
    t.after(() => provider.destroy());
    assert.equal(await provider.getBlockNumber(), 100);
    assert.equal(provider.websocket.protocol, 'rpc');
    assert.equal(headers['sec-websocket-extensions'], undefined);
  }
});

test('nobody there is the error of the socket', async (t) => {
  const node = await JsonRpcNode.start(t, { verifyClient: () => false });
  const provider = new WebSocketProvider(node.url);
  const { websocket } = provider;
  const closed = eventOf(websocket, 'close');
  const event = await new Promise((resolve) => {
    websocket.onerror = resolve;
  });

  assert.equal(event.message, 'Unexpected server response: 401');
  assert.equal(event.target, websocket);
  const [code] = await closed;
  assert.equal(code, 1006);
  await provider.destroy();
});

/** A node, and a provider that is connected to it. */
async function connect(t, serverOptions) {
  const node = await JsonRpcNode.start(t, serverOptions);
  const provider = new WebSocketProvider(node.url, undefined, {
    cacheTimeout: -1,
  });
  t.after(() => provider.destroy());
  await provider.getBlockNumber();
  await until(() => knowsNetwork(provider), 'ethers did not find the network');
  return { node, provider };
}

/** Until then, ethers cannot make a log out of what it hears. */
function knowsNetwork(provider) {
  try {
    return provider._network.chainId === 1337n;
  } catch (error) {
    if (error.code === 'NETWORK_ERROR') return false;
    throw error;
  }
}
