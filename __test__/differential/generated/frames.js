'use strict';

const zlib = require('node:zlib');
const fc = require('fast-check');
const { OPCODE, closePayload } = require('../../support/frames');

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom(0, 1, 125, 126, 127, 300).map((n) => Buffer.alloc(n, 'ab')),
  fc.constantFrom(65_535, 65_536, 70_001).map((n) => Buffer.alloc(n, 'xyz')),
);
const smallBytes = fc
  .uint8Array({ maxLength: 10 })
  .map((bytes) => Buffer.from(bytes));
/** Any of it in front of any other is valid UTF-8. */
const anyText = fc
  .oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom('', 'é', '€uro', '😀', 'a'.repeat(130)),
  )
  .map((text) => Buffer.from(text));
const invalidText = fc
  .constantFrom([0xff], [0x61, 0x80], [0xed, 0xa0, 0x80], [0xc3], [0xe2, 0x82])
  .map((bytes) => Buffer.from(bytes));
const controlBytes = fc.oneof(
  smallBytes,
  fc.constantFrom(Buffer.alloc(125, 'p'), Buffer.alloc(0)),
);

const anyControl = fc.record({
  opcode: fc.constantFrom(OPCODE.PING, OPCODE.PONG),
  payload: controlBytes,
});

const wholeMessage = fc.oneof(
  fc.record({ opcode: fc.constant(OPCODE.TEXT), payload: anyText }),
  fc.record({ opcode: fc.constant(OPCODE.BINARY), payload: anyBytes }),
);

/** A message in fragments, with control frames between them. */
const fragmentedMessage = fc
  .record({
    message: wholeMessage,
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
      minLength: 1,
      maxLength: 4,
    }),
    control: fc.option(anyControl),
  })
  .map(({ message, cuts, control }) => {
    const frames = fragmentsOf(message, cuts);
    if (control) frames.splice(1, 0, control);
    return frames;
  });

/** Parts of messages, which may follow each other in any way. */
const fragment = fc.record({
  opcode: fc.constantFrom(OPCODE.TEXT, OPCODE.BINARY, OPCODE.CONTINUATION),
  payload: anyText,
  fin: fc.boolean(),
});

const compressedMessage = fc.record({
  opcode: fc.constantFrom(OPCODE.TEXT, OPCODE.BINARY),
  rsv1: fc.constant(true),
  inflated: fc.oneof(
    anyText,
    fc.constantFrom(Buffer.alloc(400, 'deflate'), Buffer.alloc(70_001, 'z')),
  ),
});

const compressedFragments = fc
  .record({
    message: compressedMessage,
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
      minLength: 1,
      maxLength: 3,
    }),
  })
  .map(({ message, cuts }) => {
    const { rsv1, opcode, inflated } = message;
    const parts = fragmentsOf({ opcode, payload: deflate(inflated) }, cuts);
    return parts.map((part, index) => ({
      ...part,
      rsv1: index === 0 && rsv1,
    }));
  });

/**
 * A block type that there is not: a fault in the first bits. Where there is more before the fault, hawser
 * may find another one first, as with text: see `invalidMessage`. Nor is any block the last of its
 * stream, after which `ws` inflates nothing more.
 */
const corruptedMessage = fc.record({
  opcode: fc.constantFrom(OPCODE.BINARY, OPCODE.TEXT),
  rsv1: fc.constant(true),
  payload: fc.constantFrom(Buffer.from([0x06]), Buffer.from([0xff, 0xff])),
});

/*
 * The row "invalid UTF-8 in a text message": hawser finds it at the offending byte, `ws` at the end of the
 * message. So the whole message comes at once: there is nothing between the two.
 */
const invalidMessage = fc.oneof(
  invalidText.map((payload) => [{ opcode: OPCODE.TEXT, payload }]),
  invalidText.map((inflated) => [
    { opcode: OPCODE.TEXT, rsv1: true, inflated },
  ]),
);

const closeFrame = fc
  .oneof(
    fc.constant(Buffer.alloc(0)),
    fc
      .tuple(
        fc.constantFrom(
          ...[0, 999, 1000, 1001, 1004, 1005, 1006, 1011, 1014, 1015],
          ...[1016, 2999, 3000, 4999, 5000, 65_535],
        ),
        fc.oneof(anyText, invalidText),
      )
      .map(([code, reason]) => closePayload(code, reason).subarray(0, 125)),
    fc.constant(Buffer.from([3])),
  )
  .map((payload) => ({ opcode: OPCODE.CLOSE, payload }));

const malformed = fc.oneof(
  fc.record({ opcode: fc.integer({ min: 0, max: 15 }), payload: smallBytes }),
  fc
    .record({
      opcode: fc.constantFrom(1, 2, 0, 8, 9, 10),
      payload: fc.constant(Buffer.from('x')),
      rsv1: fc.boolean(),
      rsv2: fc.boolean(),
      rsv3: fc.boolean(),
      fin: fc.boolean(),
    })
    // What follows a compressed fragment would have to be compressed.
    .map((frame) => ({ ...frame, fin: frame.fin || frame.rsv1 })),
  fc.record({
    opcode: fc.constantFrom(OPCODE.BINARY, OPCODE.PING),
    payload: smallBytes,
    wrongMask: fc.constant(true),
  }),
  // Claims that the payload does not keep; binary, so that what is swallowed is not text.
  fc.record({
    opcode: fc.constant(OPCODE.BINARY),
    payload: smallBytes,
    length: fc.constantFrom(
      ...[3, 30, 126, 70_000, 100 * 2 ** 20, 100 * 2 ** 20 + 1, 2 ** 31],
      ...[2 ** 32, 2 ** 53 - 1],
    ),
  }),
  fc.record({
    opcode: fc.constantFrom(OPCODE.BINARY, OPCODE.TEXT),
    payload: fc.constant(Buffer.from('abc')),
    length: fc.constantFrom('9007199254740992', '18446744073709551615'),
    lengthBits: fc.constant(64),
  }),
  // Longer forms of a length than needed.
  fc.record({
    opcode: fc.constantFrom(OPCODE.BINARY, OPCODE.TEXT, OPCODE.PING),
    payload: anyText,
    lengthBits: fc.constantFrom(16, 64),
  }),
);

/** A few frames that are sent together. */
const anyFrames = fc.oneof(
  { weight: 8, arbitrary: wholeMessage.map(alone) },
  { weight: 5, arbitrary: fragmentedMessage },
  { weight: 3, arbitrary: fragment.map(alone) },
  { weight: 4, arbitrary: anyControl.map(alone) },
  { weight: 4, arbitrary: compressedMessage.map(alone) },
  { weight: 2, arbitrary: compressedFragments },
  { weight: 2, arbitrary: corruptedMessage.map(alone) },
  { weight: 2, arbitrary: closeFrame.map(alone) },
  { weight: 2, arbitrary: malformed.map(alone) },
  { weight: 1, arbitrary: invalidMessage },
);

/** Frames that break no rule, whatever is in front of them, if there is no limit. */
const soundFrames = fc.oneof(
  { weight: 6, arbitrary: wholeMessage.map(alone) },
  { weight: 3, arbitrary: fragmentedMessage },
  { weight: 3, arbitrary: anyControl.map(alone) },
);

const compressedFrames = fc.oneof(
  compressedMessage.map(alone),
  compressedFragments,
);

/** Frames with which a connection may end. */
const lastFrames = fc.oneof(
  { weight: 3, arbitrary: closeFrame.map(alone) },
  { weight: 2, arbitrary: malformed.map(alone) },
  { weight: 1, arbitrary: invalidMessage },
);

module.exports = {
  anyFrames,
  soundFrames,
  compressedFrames,
  lastFrames,
  layOut,
};

/**
 * @param {RawPeer} raw
 * @param {object} frame one of `anyFrames`
 * @param {boolean} masks what the role of the raw peer demands
 * @param {Buffer} [key]
 * @returns {Buffer}
 */
function layOut(
  raw,
  { inflated, wrongMask, length, ...frame },
  masks,
  key = Buffer.from([1, 2, 3, 4]),
) {
  return raw.build({
    ...frame,
    payload: inflated ? deflate(inflated) : frame.payload,
    mask: masks !== Boolean(wrongMask) && key,
    length: typeof length === 'string' ? BigInt(length) : length,
  });
}

function alone(frame) {
  return [frame];
}

/** With the smallest window that can be agreed on, so that it fits any. */
function deflate(bytes) {
  const flushed = zlib.deflateRawSync(bytes, {
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
    windowBits: 9,
  });
  return flushed.subarray(0, -4);
}

function fragmentsOf({ opcode, payload }, cuts) {
  const places = cuts
    .map((cut) => Math.floor(cut * payload.length))
    .sort((a, b) => a - b);
  const starts = [0, ...places];
  return starts.map((start, index) => ({
    opcode: index === 0 ? opcode : OPCODE.CONTINUATION,
    payload: payload.subarray(start, starts[index + 1] ?? payload.length),
    fin: index === starts.length - 1,
  }));
}
