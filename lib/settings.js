'use strict';

/**
 * What `configure()` has set, for the parts of lib/ that ask.
 *
 * @module settings
 */
module.exports = {
  /** Whether sockets may be taken over from Node. */
  takeover: true,

  /** Whether the engine may do the opening handshake of a server's port. */
  nativeHandshake: true,
};
