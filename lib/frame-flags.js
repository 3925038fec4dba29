'use strict';

/**
 * How a frame is made, as the bits that the engine takes.
 * `src/bridge/send.rs` has the same list.
 *
 * @module frame-flags
 */
module.exports = Object.freeze({
  BINARY: 1,
  FIN: 2,
  COMPRESS: 4,
  MASK: 8,
  /** The masking key is given; otherwise the engine takes a random one. */
  HAS_KEY: 16,
  /** A callback waits for the frame to be written. */
  MARK: 32,
  /** The payload is a string. */
  STRING: 64,
  /** The payload is memory of the program's. The engine does not ask. */
  READ_ONLY: 128,
  /** The opcode of a control frame begins at this bit. */
  OPCODE_SHIFT: 8,
});
