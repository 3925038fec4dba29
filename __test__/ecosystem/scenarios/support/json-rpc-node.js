'use strict';

/**
 * What an Ethereum library sees of a node: a JSON-RPC server on a WebSocketServer of `ws`, with a chain that grows when
 * the test says so.
 *
 * @module json-rpc-node
 */

const http = require('node:http');
const { WebSocketServer } = require('ws');
const { listen } = require('./servers');

const METHOD_NOT_FOUND = -32601;

class JsonRpcNode {
  /** The number of the newest block. */
  height = 100;
  /** Every request, as it came. */
  requests = [];
  #subscriptions = new Map();
  #nextSubscription = 1;
  #methods = {
    eth_blockNumber: () => hex(this.height),
    eth_call: ([{ data }]) => data,
    eth_chainId: () => hex(1337),
    eth_getBalance: () => hex(10n ** 18n),
    eth_getBlockByNumber: ([tag]) =>
      blockOf(tag.startsWith('0x') ? Number(tag) : this.height),
    eth_subscribe: ([kind], client) => {
      const id = hex(this.#nextSubscription++);
      this.#subscriptions.set(id, { client, kind });
      client.on('close', () => this.#subscriptions.delete(id));
      return id;
    },
    eth_unsubscribe: ([id]) => this.#subscriptions.delete(id),
    net_version: () => '1337',
  };

  /**
   * @param {import('node:test').TestContext} t The node ends with the test
   * @param {import('ws').ServerOptions} [options]
   * @returns {Promise<JsonRpcNode>}
   */
  static async start(t, options) {
    const node = new JsonRpcNode();
    const server = http.createServer();
    node.wss = new WebSocketServer({ server, ...options });
    node.wss.on('connection', (client) => {
      client.on('message', (data) => node.#answer(client, data));
    });
    node.url = `ws://127.0.0.1:${await listen(t, server)}`;
    return node;
  }

  /** Which kinds of news somebody has subscribed to. */
  get subscriptions() {
    return [...this.#subscriptions.values()].map(({ kind }) => kind);
  }

  /** How many requests there were for a method. */
  count(method) {
    return this.requests.filter((request) => request.method === method).length;
  }

  /** Adds a block, which those who subscribed hear of. */
  mine() {
    this.publish('newHeads', blockOf(++this.height));
  }

  /** Tells those who have subscribed to a kind of news. */
  publish(kind, result) {
    for (const [subscription, { client, kind: wanted }] of this
      .#subscriptions) {
      if (wanted !== kind) continue;
      client.send(
        JSON.stringify({
          jsonrpc: '2.0',
          method: 'eth_subscription',
          params: { subscription, result },
        }),
      );
    }
  }

  #answer(client, data) {
    const message = JSON.parse(data);
    const answer = Array.isArray(message)
      ? message.map((request) => this.#respond(client, request))
      : this.#respond(client, message);
    if (answer) client.send(JSON.stringify(answer));
  }

  #respond(client, request) {
    this.requests.push(request);
    const { id, method, params } = request;
    // What is never answered is for tests of connections that end.
    if (method === 'test_silence') return undefined;
    const handle = this.#methods[method];
    if (!handle) {
      const error = { code: METHOD_NOT_FOUND, message: `no ${method} here` };
      return { jsonrpc: '2.0', id, error };
    }
    return { jsonrpc: '2.0', id, result: handle(params, client) };
  }
}

module.exports = { JsonRpcNode };

function blockOf(number) {
  const hash = (seed) => `0x${seed.toString(16).padStart(64, '0')}`;
  const zeros = (bytes) => `0x${'00'.repeat(bytes)}`;
  return {
    baseFeePerGas: hex(7),
    difficulty: hex(0),
    extraData: '0x',
    gasLimit: hex(30_000_000),
    gasUsed: hex(21_000),
    hash: hash(number),
    logsBloom: zeros(256),
    miner: zeros(20),
    mixHash: hash(0),
    nonce: zeros(8),
    number: hex(number),
    parentHash: hash(number - 1),
    receiptsRoot: hash(1),
    sha3Uncles: hash(2),
    size: hex(500),
    stateRoot: hash(3),
    timestamp: hex(1_700_000_000 + number),
    totalDifficulty: hex(0),
    transactions: [],
    transactionsRoot: hash(4),
    uncles: [],
  };
}

function hex(number) {
  return `0x${number.toString(16)}`;
}
