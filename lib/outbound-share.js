'use strict';

const native = require('./native');

/**
 * A stream that emits no `close`, and leaves callbacks uncalled, gives its share
 * back when nobody has it any more.
 *
 * @type {FinalizationRegistry<OutboundShare>}
 */
const abandoned = new FinalizationRegistry((share) => share.release(Infinity));

/**
 * What waits in one of Node's streams counts for `maxOutboundBytes`, until it is
 * written or never will be.
 */
class OutboundShare {
  constructor() {
    this._bytes = 0;
  }

  /**
   * @param {object} output what writes to the stream
   * @param {import('stream').Duplex} socket the stream
   * @returns {OutboundShare | null} its share; null if there is no limit
   */
  static of(output, socket) {
    if (native.limitsOutbound() !== 1) return null;

    const share = new OutboundShare();

    socket.once('close', () => share.release(Infinity));
    abandoned.register(output, share);
    return share;
  }

  /**
   * @param {number} size in bytes
   * @returns {boolean} whether the process grants it
   */
  hold(size) {
    this._bytes += size;
    return native.holdOutbound(size) === 1;
  }

  /**
   * @param {number} size of what is written, or never will be; the rest if it is
   *     more than that
   */
  release(size) {
    const released = Math.min(size, this._bytes);

    this._bytes -= released;
    if (released > 0) native.holdOutbound(-released);
  }
}

module.exports = OutboundShare;
