'use strict';

const fc = require('fast-check');
const { driver } = require('../runner/implementations');

const anyData = fc.oneof(
  fc.record({ type: fc.constant('string'), value: fc.string() }),
  fc.record({
    type: fc.constantFrom('string', 'Buffer', 'Uint8Array', 'ArrayBuffer'),
    size: fc.constantFrom(0, 1, 125, 126, 1024, 65_535, 65_536),
  }),
  fc.record({ type: fc.constantFrom('DataView', 'Uint16Array', 'Blob') }),
  fc.record({
    type: fc.constant('value'),
    value: fc.constantFrom(undefined, null, 0, 7, -1.5, NaN, true, false, ''),
  }),
  fc.record({
    type: fc.constant('value'),
    value: fc.constantFrom([1, 2, 300], {}, [], { length: 2 }, 5n),
  }),
);

const sendOptions = fc.option(
  fc.record(
    {
      binary: fc.constantFrom(true, false, undefined),
      compress: fc.constantFrom(true, false, undefined),
      fin: fc.constantFrom(true, true, true, false),
      mask: fc.constantFrom(true, false, undefined),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);

const controlData = fc.oneof(
  anyData,
  fc.record({
    type: fc.constantFrom('string', 'Buffer'),
    size: fc.constantFrom(0, 4, 125, 126),
  }),
);

const anyCall = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      call: fc.constant('send'),
      data: anyData,
      options: sendOptions,
      callback: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      call: fc.constantFrom('ping', 'pong'),
      data: controlData,
      mask: fc.constantFrom(undefined, true, false),
      callback: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constant('close'),
      code: fc.constantFrom(undefined, 1000, 1001, 4000, 999, 1006, '1000'),
      reason: fc.constantFrom(undefined, '', 'why', 'x'.repeat(124), 'é'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constantFrom('pause', 'resume', 'resume'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constant('binaryType'),
      type: fc.constantFrom(
        ...['nodebuffer', 'arraybuffer', 'fragments', 'blob', 'none'],
      ),
    }),
  },
);

module.exports = { anyCall, anyData, makeData, doCall };

/**
 * Does a call and notes what it returned or threw.
 *
 * @param {ScenarioContext} t
 * @param {WebSocket} subject
 * @param {object} plan one of `anyCall`
 * @param {string} label
 */
function doCall(t, subject, plan, label) {
  const { call, data, options, mask, code, reason, type } = plan;
  // The rows "when a frame leaves" and "compression": among themselves the callbacks have an order,
  // against events they are compared as to the step only.
  const isOrdered = !subject.extensions && driver !== 'io_threads';
  const lane = t.lane(isOrdered ? 'callbacks' : `${label} sent`);
  const callback = plan.callback ? lane.callback(`${label} sent`) : undefined;

  t.call(label, () => {
    switch (call) {
      case 'send':
        return subject.send(makeData(data), options, callback);
      case 'ping':
      case 'pong':
        return subject[call](makeData(data), mask, callback);
      case 'close':
        return subject.close(code, reason);
      case 'binaryType':
        subject.binaryType = type;
        return subject.binaryType;
      default:
        return subject[call]();
    }
  });
  t.properties(subject, ['readyState', 'isPaused'], label);
}

/** Makes a value anew, since some of them are written to. */
function makeData({ type, value, size = 6 }) {
  const bytes = () => new Uint8Array(size).map((_, index) => index + 1);
  switch (type) {
    case 'string':
      return value ?? 's'.repeat(size);
    case 'Buffer':
      return Buffer.from(bytes());
    case 'Uint8Array':
      return bytes();
    case 'ArrayBuffer':
      return bytes().buffer;
    case 'Blob':
      return new Blob([bytes()]);
    case 'DataView':
      return new DataView(bytes().buffer, 1, 3);
    case 'Uint16Array':
      return new Uint16Array(bytes().buffer, 2, 2);
    default:
      return value;
  }
}
