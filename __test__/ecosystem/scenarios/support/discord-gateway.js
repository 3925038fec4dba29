'use strict';

const http = require('node:http');
const { setImmediate: nextTurn } = require('node:timers/promises');
const zlib = require('node:zlib');
const { WebSocketServer } = require('ws');
const { listen } = require('./servers');

const OP = Object.freeze({
  DISPATCH: 0,
  HEARTBEAT: 1,
  IDENTIFY: 2,
  RESUME: 6,
  HELLO: 10,
  HEARTBEAT_ACK: 11,
});

/** What a flush of zlib leaves at the end of its output. */
const FLUSH_MARK = Buffer.from([0, 0, 255, 255]);

/**
 * What a Discord library sees of the gateway: it says hello, gives out sessions, numbers what it sends, and sends again
 * what a resumed session has missed. With `compress=zlib-stream` all of that is one stream of zlib, in binary messages.
 */
class DiscordGateway {
  /** The options of each connection's URL. */
  queries = [];
  /** What came, but for heartbeats, in order. */
  payloads = [];
  /** The sequence numbers that came with heartbeats. */
  heartbeats = [];
  /** How each connection ended. */
  closes = [];
  /** In milliseconds, for connections to come; as long as that of the real one unless a test is about it. */
  heartbeatInterval = 41_250;
  /** Whether heartbeats are answered. */
  acknowledges = true;
  #peers = new Map();
  #history = [];

  /**
   * @param {import('node:test').TestContext} t The gateway ends with the test
   * @param {import('ws').ServerOptions} [options]
   * @returns {Promise<DiscordGateway>}
   */
  static async start(t, options) {
    const gateway = new DiscordGateway();
    gateway.server = http.createServer();
    gateway.wss = new WebSocketServer({ server: gateway.server, ...options });
    gateway.wss.on('connection', (peer, request) => {
      gateway.#welcome(peer, request);
    });
    gateway.url = `ws://127.0.0.1:${await listen(t, gateway.server)}`;
    return gateway;
  }

  /** Ends all connections with a close frame, or without. */
  drop(code) {
    for (const peer of this.#peers.keys()) {
      if (code === undefined) peer.terminate();
      else peer.close(code);
    }
  }

  /** Sends an event to all sessions, and keeps it for those that are away. */
  dispatch(type, data) {
    const payload = {
      op: OP.DISPATCH,
      t: type,
      s: this.#history.length + 1,
      d: data,
    };
    this.#history.push(payload);
    this.tell(payload);
  }

  /** Sends a payload to everybody as it is. */
  tell(payload) {
    for (const write of this.#peers.values()) write(payload);
  }

  #welcome(peer, request) {
    const query = new URL(request.url, this.url).searchParams;
    this.queries.push(Object.fromEntries(query));
    const write =
      query.get('compress') === 'zlib-stream'
        ? this.#streamTo(peer)
        : (payload) => peer.send(JSON.stringify(payload));
    peer.on('message', (data) => this.#hear(peer, write, JSON.parse(data)));
    peer.on('close', (code, reason) => {
      this.#peers.delete(peer);
      this.closes.push({ code, reason: reason.toString() });
    });
    write({ op: OP.HELLO, d: { heartbeat_interval: this.heartbeatInterval } });
  }

  #hear(peer, write, payload) {
    if (payload.op === OP.HEARTBEAT) {
      this.heartbeats.push(payload.d);
      if (this.acknowledges) write({ op: OP.HEARTBEAT_ACK });
      return;
    }
    this.payloads.push(payload);
    if (payload.op === OP.IDENTIFY) {
      this.#peers.set(peer, write);
      this.dispatch('READY', {
        resume_gateway_url: `${this.url}/resume`,
        session_id: 'session',
        shard: payload.d.shard,
      });
    } else if (payload.op === OP.RESUME) {
      this.#peers.set(peer, write);
      for (const missed of this.#history.slice(payload.d.seq)) write(missed);
      write({ op: OP.DISPATCH, t: 'RESUMED', s: this.#history.length, d: {} });
    }
  }

  /** One zlib stream for a connection, of which each payload ends with a flush. */
  #streamTo(peer) {
    const deflate = zlib.createDeflate();
    const chunks = [];
    deflate.on('data', (chunk) => chunks.push(chunk));
    peer.on('close', () => deflate.destroy());
    let turn = Promise.resolve();
    return (payload) => {
      turn = turn.then(async () => {
        deflate.write(JSON.stringify(payload));
        await new Promise((resolve) => {
          deflate.flush(zlib.constants.Z_SYNC_FLUSH, resolve);
        });
        // The last of the output may come a little behind the callback.
        let output = Buffer.concat(chunks);
        while (!output.subarray(-4).equals(FLUSH_MARK)) {
          await nextTurn();
          output = Buffer.concat(chunks);
        }
        chunks.length = 0;
        peer.send(output);
      });
    };
  }
}

module.exports = { DiscordGateway, OP };
