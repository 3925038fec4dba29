'use strict';

const { once } = require('node:events');
const net = require('node:net');
const { setImmediate: nextTurn } = require('node:timers/promises');

const { FaultLine, reset } = require('./fault-line');

/**
 * A TCP proxy that treats what passes through it as badly as a network may: see `FaultLine` for what it can do. It
 * serves one connection.
 */
class FaultProxy {
  /**
   * @param {number} port where the server listens
   * @param {object} plans
   * @param {LinePlan} [plans.up] what happens on the way from the client to the server
   * @param {LinePlan} [plans.down] and on the way back
   */
  constructor(port, { up = {}, down = {} }) {
    this._port = port;
    this._plans = { up, down };
    this._sockets = [];
    this._hasReset = false;
    /** @type {FaultLine | null} from the client to the server */
    this.up = null;
    /** @type {FaultLine | null} from the server to the client */
    this.down = null;
    this._server = net.createServer({ allowHalfOpen: true });
    this._server.once('connection', (client) => this._link(client));
  }

  /** @returns {Promise<number>} the port for the client */
  async listen() {
    await new Promise((resolve) => {
      this._server.listen(0, '127.0.0.1', resolve);
    });
    return this._server.address().port;
  }

  /** Whether something has been done to the connection that may cut it off. */
  get hasCut() {
    return [this.up, this.down].some((line) => line?.hasCut);
  }

  /** Whether the ends may have lost what was on its way to them. */
  get hasReset() {
    const lines = [this.up, this.down];
    return this._hasReset || lines.some((line) => line?.hasReset);
  }

  /** The server will not hear of the connection any more. */
  async whenUpstreamIsGone() {
    const [, server] = this._sockets;
    if (server && !server.closed) await once(server, 'close');
    // It has a few turns to notice.
    for (let i = 0; i < 10; i++) await nextTurn();
  }

  /** Does at once, in both directions, what a fault in a plan does when it is due. */
  strike(kind) {
    this._strike(kind, this.up);
    if (kind === 'half-close') this._strike(kind, this.down);
  }

  /** Ends what is left, without waiting. */
  close() {
    this._server.close();
    for (const line of [this.up, this.down]) line?.stop();
    for (const socket of this._sockets) socket.destroy();
  }

  _link(client) {
    this._server.close();
    const server = net.connect({
      port: this._port,
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    this._sockets = [client, server];
    for (const socket of this._sockets) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
    }
    const strike = (kind, line) => this._strike(kind, line);
    this.up = new FaultLine(client, server, this._plans.up, strike);
    this.down = new FaultLine(server, client, this._plans.down, strike);
  }

  _strike(kind, line) {
    line.hasCut = true;
    if (kind !== 'half-close') {
      this._hasReset = true;
      for (const each of [this.up, this.down]) each.stop();
    }
    switch (kind) {
      case 'half-close':
        return line.cutOff();
      case 'reset':
        for (const socket of this._sockets) reset(socket);
        break;
      case 'vanish':
        for (const socket of this._sockets) socket.destroy();
        break;
      default:
        throw new TypeError(`There is no fault "${kind}"`);
    }
  }
}

module.exports = { FaultProxy };
