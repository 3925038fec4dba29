'use strict';

const fc = require('fast-check');
const { buildFrame } = require('../../support/frames');
const { anyFrames, layOut } = require('./frames');
const { mayCut, straysAtTheEnd } = require('./foreseen');
const { anySubjectOptions } = require('./options');

const EVENTS = [
  ...['message', 'ping', 'pong', 'conclude', 'error', 'drain', 'finish'],
  ...['close', 'pipe'],
];
const PROPERTIES = ['writableEnded', 'destroyed', 'writableNeedDrain'];

const write = fc.record({
  frames: fc
    .array(anyFrames, { minLength: 1, maxLength: 3 })
    .map((groups) => groups.flat()),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
  calls: fc.boolean(),
});

/** A Receiver by itself: a Writable that gets random frames in random chunks. */
module.exports = {
  name: 'Receiver',

  arbitrary: fc
    .record({
      options: anySubjectOptions,
      isServer: fc.boolean(),
      binaryType: fc.constantFrom(
        ...[undefined, 'nodebuffer', 'arraybuffer', 'fragments', 'blob'],
      ),
      deflate: fc.option(
        fc.record({ server_no_context_takeover: fc.constantFrom([true]) }),
        { nil: null },
      ),
      steps: fc.array(write, { minLength: 1, maxLength: 4 }),
      ends: fc.constantFrom('end', 'end', 'destroy', 'error', 'nothing'),
    })
    .filter(straysAtTheEnd),

  async play(t, plan) {
    const { options, isServer, binaryType, deflate, steps, ends } = plan;
    const receiver = new t.ws.Receiver({
      ...options,
      ...(binaryType && { binaryType }),
      isServer,
      extensions: extensionsOf(t, plan),
    });
    const events = EVENTS.filter((name) => !deflate || name !== 'drain');
    t.watch(receiver, 'receiver', {
      events,
      properties: deflate ? [] : PROPERTIES,
    });
    t.connections.push({ isAtRest: () => isAtRest(receiver) });

    const canBeCut = mayCut({ steps, deflate, options });
    for (const [index, step] of steps.entries()) {
      writeChunks(t, receiver, step, { isServer, deflate, canBeCut, index });
      await t.settle();
    }
    if (ends === 'end') receiver.end(t.callback('ended'));
    if (ends === 'destroy') receiver.destroy();
    if (ends === 'error') receiver.destroy(new Error('given up'));
    await t.settle();
    t.properties(receiver, PROPERTIES);
  },
};

function writeChunks(t, receiver, step, plan) {
  const { isServer, deflate, canBeCut, index } = plan;
  const bytes = Buffer.concat(
    step.frames.map((frame) => layOut(RAW, frame, isServer)),
  );
  const places = canBeCut
    ? step.cuts.map((cut) => Math.floor(cut * bytes.length))
    : [];
  const ends = [...places.sort((a, b) => a - b), bytes.length];
  let start = 0;
  for (const [part, end] of ends.entries()) {
    const label = `write ${index}.${part}`;
    const callback = step.calls
      ? t.lane('callbacks').callback(label)
      : undefined;
    // A socket gives no empty chunks.
    if (end === start) continue;
    // The row "compression": with hawser the events come within `write()`.
    const lane = deflate ? t.lane('writes') : t;
    lane.call(label, () => {
      const takesMore = receiver.write(bytes.subarray(start, end), callback);
      return deflate ? undefined : takesMore;
    });
    start = end;
  }
}

function extensionsOf(t, { deflate, isServer, options }) {
  if (!deflate) return {};
  const { PerMessageDeflate } = t.ws;
  const { maxPayload } = options;
  const extension = new PerMessageDeflate({ isServer, maxPayload });
  extension.accept([structuredClone(deflate)]);
  t.after(() => extension.cleanup());
  return { [PerMessageDeflate.extensionName]: extension };
}

function isAtRest({ _writableState: state }) {
  return state.length === 0 || state.errored !== null || state.destroyed;
}

const RAW = { build: buildFrame };
