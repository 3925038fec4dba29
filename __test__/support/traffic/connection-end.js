'use strict';

const { WebSocket: OfWs } = require('ws');

const { buildMessage, faultOf } = require('./messages');

/** Above this much waiting to be sent, no more is. */
const HIGH_WATER = 4 * 1024 * 1024;
/** A slow reader reads for a moment after each of so many rests. */
const RESTS = 6;
const REST_MS = 60;

/**
 * One end of a connection: sends what the plan says, checks what arrives, ends the connection, and keeps account of
 * all of it.
 */
class ConnectionEnd {
  /**
   * @param {WebSocket} websocket of hawser or of `ws`
   * @param {Plan} plan
   * @param {'client' | 'server'} role
   * @param {(account: object) => void} onEnd called once the connection has ended
   */
  constructor(websocket, plan, role, onEnd) {
    this._websocket = websocket;
    this._plan = plan;
    this._flow = plan[role];
    this._expected = plan[role === 'client' ? 'server' : 'client'].messages;
    this._ends = [role, 'both'].includes(plan.ending.by);
    this._onEnd = onEnd;
    // Where it is terminated, ws forgets the callbacks of what is being compressed.
    this._isOfWs = websocket instanceof OfWs;
    this._timer = null;
    this._lastCallback = 0;
    this._account = {
      id: plan.id,
      role,
      ending: plan.ending,
      opened: false,
      sent: 0,
      received: 0,
      bytes: 0,
      sends: 0,
      callbacks: 0,
      closes: 0,
      code: null,
      errors: [],
      faults: [],
    };

    websocket.on('open', () => this.begin());
    websocket.on('message', (data, isBinary) => this._receive(data, isBinary));
    websocket.on('error', (error) => this._account.errors.push(error.message));
    websocket.on('close', (code) => this._hasClosed(code));
  }

  /** How many messages have arrived. */
  get received() {
    return this._account.received;
  }

  /** What has been sent and not been taken by the system. */
  get bufferedAmount() {
    return this._websocket.bufferedAmount;
  }

  /** The connection is open. */
  begin() {
    this._account.opened = true;
    if (this._flow.slow) this._rest(RESTS);
    this._sendBurst();
  }

  /** Ends a connection that goes on until it is told. */
  finish() {
    this._websocket.close(1000);
  }

  _sendBurst() {
    const { messages, burst, gap, random } = this._flow;
    const { OPEN } = this._websocket;

    for (let i = 0; i < burst && this._account.sent < messages; i++) {
      if (this._websocket.readyState !== OPEN) return;
      if (this._websocket.bufferedAmount > HIGH_WATER) break;
      this._sendMessage();
      if (random.chance(0.05)) this._ping();
    }

    this._endIfDone();
    if (this._account.sent < messages) {
      this._timer = setTimeout(() => this._sendBurst(), random.between(0, gap));
    }
  }

  _sendMessage() {
    const { random } = this._flow;
    const compress = random.chance(0.5);
    const kind = { text: random.chance(0.4), size: this._flow.size() };
    const data = buildMessage(this._plan.id, this._account.sent, kind);
    this._account.bytes += data.length;
    this._account.sent++;

    if (kind.text || !random.chance(0.15)) {
      this._send(data, { binary: !kind.text, compress });
      return;
    }
    const pieces = random.between(2, 5);
    const length = Math.ceil(data.length / pieces);
    for (let i = 1; i <= pieces; i++) {
      const piece = data.subarray((i - 1) * length, i * length);
      this._send(piece, { binary: true, compress, fin: i === pieces });
    }
  }

  _send(data, options) {
    const number = ++this._account.sends;
    let called = false;
    this._websocket.send(data, options, (error) => {
      if (called) this._fault(`callback ${number} was called again`);
      called = true;
      this._account.callbacks++;
      if (error) return;
      if (number < this._lastCallback) {
        this._fault(`callback ${number} came after ${this._lastCallback}`);
      }
      this._lastCallback = number;
    });
  }

  _ping() {
    this._account.sends++;
    this._websocket.ping('soak', undefined, () => this._account.callbacks++);
  }

  _receive(data, isBinary) {
    const fault = faultOf(
      this._plan.id,
      this._account.received,
      data,
      isBinary,
    );
    if (fault) this._fault(fault);
    this._account.received++;
    this._endIfDone();
  }

  _endIfDone() {
    const { OPEN, readyState } = this._websocket;
    const { sent, received } = this._account;
    const { how, amid, code } = this._plan.ending;
    if (!this._ends || readyState !== OPEN) return;

    const done = amid
      ? sent >= this._flow.messages / 2
      : sent === this._flow.messages && received === this._expected;
    if (!done) return;
    if (how === 'close') this._websocket.close(code, 'the plan says so');
    else this._websocket.terminate();
  }

  /** Reads nothing for a while, several times. */
  _rest(times) {
    if (this._account.closes > 0) return;
    this._websocket.pause();
    setTimeout(() => {
      this._websocket.resume();
      if (times > 1) setImmediate(() => this._rest(times - 1));
    }, REST_MS);
  }

  _hasClosed(code) {
    clearTimeout(this._timer);
    this._account.closes++;
    this._account.code = code;
    if (this._account.closes > 1) {
      this._fault(`close ${this._account.closes} times`);
    } else {
      // What else were to come has come by then; and what comes later still is a fault.
      setTimeout(() => this._report(), 100);
    }
  }

  _fault(text) {
    this._account.faults.push(text);
    if (this._reported) this._onEnd({ ...this._account, late: text });
  }

  _report() {
    this._reported = true;
    const { sends, callbacks } = this._account;
    if (sends !== callbacks && !this._isOfWs) {
      this._account.faults.push(`${callbacks} callbacks of ${sends} sends`);
    }
    this._onEnd(this._account);
  }
}

module.exports = { ConnectionEnd };
