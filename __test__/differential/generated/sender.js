'use strict';

const fc = require('fast-check');
const { createDuplexPair } = require('../../support/duplex-pair');
const { RawPeer } = require('../../support/raw-peer');
const { traceRaw } = require('../runner/raw-lane');
const { anyData, makeData } = require('./calls');

/** Of no data a WebSocket makes empty data; a Sender by itself fails, each in its own words. */
const someData = anyData.filter(({ value }) => value !== null);

const anyFlag = fc.constantFrom(true, false, undefined);

const anyCall = fc.oneof(
  fc.record({
    call: fc.constant('send'),
    data: someData,
    options: fc.record({
      binary: anyFlag,
      // Compressing needs an extension, which this one does not have.
      compress: fc.constantFrom(false, undefined),
      fin: fc.constantFrom(true, true, false),
      mask: anyFlag,
    }),
  }),
  fc.record({
    call: fc.constantFrom('ping', 'pong'),
    data: someData,
    mask: anyFlag,
  }),
  fc.record({
    call: fc.constant('close'),
    code: fc.constantFrom(undefined, 1000, 999, 4999, '1000', null),
    reason: fc.oneof(someData, fc.constant({ type: 'string', size: 123 })),
    mask: anyFlag,
  }),
);

/** `Sender.frame()` with random arguments. */
const frame = {
  name: 'Sender.frame',

  arbitrary: fc.record({
    data: anyData.filter(({ type }) =>
      ['string', 'Buffer', 'Uint8Array'].includes(type),
    ),
    options: fc.record(
      {
        opcode: fc.integer({ min: 0, max: 15 }),
        fin: anyFlag,
        rsv1: anyFlag,
        mask: anyFlag,
        readOnly: anyFlag,
      },
      { requiredKeys: ['opcode'] },
    ),
    key: fc.constantFrom([1, 2, 3, 4], [0, 0, 0, 0], [255, 0, 7, 9]),
  }),

  async play(t, { data, options, key }) {
    const generateMask = (mask) => mask.set(key);
    const value = makeData(data);
    t.call('frame', () =>
      t.ws.Sender.frame(value, { ...options, generateMask }),
    );
    t.note('data afterwards', value);
  },
};

/** A Sender by itself, on a stream in memory. */
const calls = {
  name: 'Sender by itself',

  arbitrary: fc.record({
    calls: fc.array(anyCall, { minLength: 1, maxLength: 6 }),
    key: fc.constantFrom(undefined, [1, 2, 3, 4], [0, 0, 0, 0]),
  }),

  async play(t, plan) {
    const [stream, other] = createDuplexPair({ joinsWrites: true });
    t.after(() => stream.destroy());
    const generateMask = plan.key && ((mask) => mask.set(plan.key));
    const sender = new t.ws.Sender(stream, {}, generateMask);
    const raw = new RawPeer(other, { masks: false, head: Buffer.alloc(0) });
    traceRaw(t, raw, { noteMasks: Boolean(plan.key) });

    for (const [index, each] of plan.calls.entries()) {
      const label = `${index} ${each.call}`;
      const callback = t.lane('callbacks').callback(label);
      t.call(label, () => doCall(sender, each, callback));
      await t.settle();
    }
  },
};

function doCall(sender, { call, data, options, mask, code, reason }, callback) {
  switch (call) {
    case 'send':
      return sender.send(makeData(data), options, callback);
    case 'close':
      return sender.close(code, makeData(reason), mask, callback);
    default:
      return sender[call](makeData(data), mask, callback);
  }
}

module.exports = [frame, calls];
