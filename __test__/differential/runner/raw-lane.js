'use strict';

const zlib = require('node:zlib');
const { OPCODE } = require('../../support/frames');
const { formatBytes } = require('./format-value');

const WINDOW_SIZE = 32 * 1024;
const NAMES = Object.fromEntries(
  Object.entries(OPCODE).map(([name, value]) => [value, name]),
);

/**
 * Notes what a raw peer receives in the lane `raw`: the other end's half of the
 * handshake, each frame, and the end of the connection.
 *
 * @param {ScenarioContext} t
 * @param {RawPeer} raw
 * @param {object} [options]
 * @param {boolean} [options.noteMasks] notes masking keys, which are random otherwise
 * @param {boolean} [options.exactEnd] tells FIN from RST
 * @returns {RawPeer} the same
 */
function traceRaw(t, raw, { noteMasks = false, exactEnd = false } = {}) {
  const lane = t.lane('raw');
  const describe = frameDescriber(noteMasks);
  const { socket } = raw;

  if (raw.handshake) lane.note('handshake', raw.handshake);
  raw.onFrame = (frame) => lane.note(describe(frame));
  for (const frame of raw.frames) raw.onFrame(frame);

  if (exactEnd) {
    socket.on('end', () => lane.note('end'));
    socket.on('error', (error) => lane.note(`error ${error.code}`));
  }
  socket.on('close', () => lane.note('closed'));
  return raw;
}

module.exports = { traceRaw };

/**
 * Two correct deflaters may write different bytes: of what is compressed, what it
 * inflates to counts.
 */
function frameDescriber(noteMasks) {
  let compressed = null;
  let dictionary = Buffer.alloc(0);

  return function describe(frame) {
    const { opcode, fin, rsv1, rsv2, rsv3, masked, mask, payload } = frame;
    const isControl = opcode >= 8;
    const parts = [
      'frame',
      NAMES[opcode] ?? `opcode ${opcode}`,
      !fin && 'not final',
      rsv1 && 'RSV1',
      rsv2 && 'RSV2',
      rsv3 && 'RSV3',
      masked && (noteMasks ? `masked ${mask.toString('hex')}` : 'masked'),
    ];

    if (!isControl && rsv1) compressed = [];
    if (isControl || !compressed) {
      parts.push(formatBytes('', payload));
    } else {
      compressed.push(payload);
      if (fin) {
        parts.push(inflate(Buffer.concat(compressed)));
        compressed = null;
      }
    }
    return parts.filter(Boolean).join(' ');
  };

  function inflate(bytes) {
    try {
      const inflated = zlib.inflateRawSync(
        Buffer.concat([bytes, Buffer.from([0, 0, 0xff, 0xff])]),
        { finishFlush: zlib.constants.Z_SYNC_FLUSH, dictionary },
      );
      dictionary = Buffer.concat([dictionary, inflated]).subarray(-WINDOW_SIZE);
      return `inflated ${formatBytes('', inflated)}`;
    } catch (error) {
      return `does not inflate: ${error.code}`;
    }
  }
}
