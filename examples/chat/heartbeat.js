'use strict';

const INTERVAL_MS = 30_000;

/**
 * Finds connections whose other end has vanished without a word: who has not answered the last ping is cut off.
 */
class Heartbeat {
  #clients;
  #answered = new WeakSet();
  #timer;

  /**
   * @param {Set<import('ws').WebSocket>} clients
   */
  constructor(clients) {
    this.#clients = clients;
  }

  /**
   * @param {import('ws').WebSocket} ws A connection that has just been made
   */
  watch(ws) {
    this.#answered.add(ws);
    ws.on('pong', () => this.#answered.add(ws));
  }

  start() {
    this.#timer = setInterval(() => this.#beat(), INTERVAL_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  #beat() {
    for (const ws of this.#clients) {
      if (this.#answered.delete(ws)) ws.ping();
      else ws.terminate();
    }
  }
}

module.exports = { Heartbeat };
