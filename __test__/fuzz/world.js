'use strict';

const { setImmediate: nextTurn } = require('node:timers/promises');
const { SeededRandom } = require('../support/random');
const { WebSocket } = require('../support/subject');
const { Hostile, Values } = require('./values');

/** How deep calls from within calls may go. */
const DEEPEST = 3;

/** What may be created by calls from within events, so that a round ends. */
const MOST_OBJECTS = 60;

/** Everything that the steps of one plan have made. */
class World {
  /** @param {Record<string, {run: Function}>} operations */
  constructor(operations) {
    this.operations = operations;
    this.calls = 0;
    this.thrown = 0;
    this.servers = [];
    this.httpServers = [];
    this.sockets = [];
    this.streams = [];
    this.receivers = [];
    this.senders = [];
    this.deflates = [];
    this.plain = [];
    this.buffers = [];
    /** How often each WebSocket said 'close'. */
    this.closes = new Map();
    this.faults = [];
    this.over = false;
    this.depth = 0;
    this.random = new SeededRandom(1);
  }

  /**
   * Makes one call. Whatever it throws at once is the caller's business, unless it could only come from within.
   *
   * @param {[name: string, seed: number]} step
   */
  async step([name, seed]) {
    const random = new SeededRandom(seed);
    const values = new Values(random, this);
    this.random = random;
    this.calls += 1;
    try {
      await this.operations[name].run(values, this);
    } catch (error) {
      this.judge(name, error);
    }
  }

  /** Makes a call from within another: a listener, a callback, a getter. */
  reenter() {
    if (this.over || this.depth >= DEEPEST) return undefined;
    this.depth += 1;
    const { random } = this;
    const names = Object.keys(this.operations).filter((name) => {
      return this.operations[name].mayReenter;
    });
    const name = names[random.between(0, names.length - 1)];
    this.calls += 1;
    try {
      this.operations[name].run(new Values(random, this), this);
    } catch (error) {
      this.judge(name, error);
    } finally {
      this.depth -= 1;
    }
    return undefined;
  }

  judge(name, error) {
    this.thrown += 1;
    if (error instanceof Hostile) return;
    if (!(error instanceof Error)) {
      this.fault(`${name} threw what is no Error: ${String(error)}`);
    } else if (isFromWithin(error)) {
      this.fault(`${name} threw an error from within: ${error.stack}`);
    }
  }

  fault(text) {
    this.faults.push(text);
  }

  isFull() {
    return (
      this.sockets.length + this.servers.length + this.plain.length >
      MOST_OBJECTS
    );
  }

  /** Does something after the present turn. */
  later(work) {
    setImmediate(() => {
      if (!this.over) work();
    });
  }

  /** A callback that must not be called twice. */
  counted() {
    let calls = 0;
    return () => {
      calls += 1;
      if (calls > 1) this.fault('a callback was called twice');
    };
  }

  /** Keeps a WebSocket, and listens to what it must not do. */
  keep(websocket) {
    if (this.closes.has(websocket)) return;
    this.closes.set(websocket, 0);
    this.sockets.push(websocket);
    websocket.on('error', (error) => {
      if (isFromWithin(error))
        this.fault(`'error' from within: ${error.stack}`);
    });
    websocket.on('close', () => {
      const times = this.closes.get(websocket) + 1;
      this.closes.set(websocket, times);
      if (times > 1) this.fault("'close' was emitted twice");
      if (websocket.readyState !== WebSocket.CLOSED) {
        this.fault(`'close' in the state ${websocket.readyState}`);
      }
    });
    websocket.on('message', (data) => {
      if (this.buffers.length < 30) this.buffers.push(data);
    });
  }

  /** Ends everything that is open. */
  async end() {
    this.over = true;
    await nextTurn();
    for (const stream of this.streams) stream.destroy();
    for (const websocket of this.sockets) quietly(() => websocket.terminate());
    for (const server of this.servers) {
      for (const client of server.clients ?? []) client.terminate();
      quietly(() => server.close());
    }
    for (const server of this.httpServers) {
      server.close();
      server.closeAllConnections?.();
    }
    for (const socket of this.plain) socket.destroy();
  }

  /** @returns {string | null} what is still open */
  open() {
    for (const [websocket, times] of this.closes) {
      if (websocket.readyState !== WebSocket.CLOSED) {
        return `a WebSocket is in the state ${websocket.readyState}`;
      }
      if (times === 0) return "a WebSocket has not said 'close'";
    }
    if (this.servers.some((server) => server.clients?.size > 0)) {
      return 'a server has clients';
    }
    return null;
  }

  /** Lets go of everything. */
  forget() {
    this.closes.clear();
    for (const value of Object.values(this)) {
      if (Array.isArray(value) && value !== this.faults) value.length = 0;
    }
  }
}

/** `ws` has no errors of these kinds: they tell of a call between the layers that went wrong. */
function isFromWithin(error) {
  const codes =
    /^(InvalidArg|\w+Expected|GenericFailure|PendingException|Cancelled|QueueFull|Closing|Unknown)$/;
  return (
    codes.test(String(error.code)) ||
    /napi|native engine|panicked|RefCell|borrowed|unwrap|\bRust\b/i.test(
      error.message,
    )
  );
}

function quietly(work) {
  try {
    work();
  } catch {
    // It could not be ended because it has ended, or was never begun.
  }
}

module.exports = { World };
