'use strict';

const fc = require('fast-check');
const { anyCall, doCall } = require('./calls');
const {
  hasTicks,
  isNotCutShort,
  isNotStoppedAhead,
  isWithinOneRead,
  straysAtTheEnd,
  mayCut,
} = require('./foreseen');
const { anyFrames, layOut } = require('./frames');
const { anyDeflate, anySubjectOptions } = require('./options');

const BOTH = ['readyState', 'bufferedAmount', 'isPaused'];

const receive = fc.record({
  step: fc.constant('receive'),
  frames: fc
    .array(anyFrames, { minLength: 1, maxLength: 4 })
    .map((groups) => groups.flat()),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
});

const calls = fc.record({
  step: fc.constant('calls'),
  calls: fc.array(anyCall, { minLength: 1, maxLength: 4 }),
});

const ending = fc.record({
  step: fc.constantFrom('terminate', 'peer ends', 'peer resets'),
});

const anyStep = fc.oneof(
  { weight: 6, arbitrary: receive },
  { weight: 5, arbitrary: calls },
  { weight: 1, arbitrary: ending },
);

/** What a listener does at the n-th event, inside of it. */
const reaction = fc.option(
  fc.record({
    event: fc.constantFrom('message', 'ping', 'pong', 'close', 'error'),
    at: fc.integer({ min: 1, max: 3 }),
    action: fc.oneof(
      anyCall,
      fc.constantFrom({ call: 'terminate' }, { call: 'removeListeners' }),
    ),
  }),
  { nil: null },
);

/** Random frames from a raw peer, in random chunks, between random calls. */
module.exports = {
  name: 'traffic',
  roles: ['server', 'client'],

  arbitrary: fc
    .record({
      transport: fc.constantFrom('tcp', 'tcp', 'tcp', 'duplex'),
      options: anySubjectOptions,
      deflate: anyDeflate,
      binaryType: fc.constantFrom('nodebuffer', 'arraybuffer', 'fragments'),
      reaction,
      markers: fc.boolean(),
      steps: fc.array(anyStep, { minLength: 1, maxLength: 6 }),
    })
    .filter(isWithinOneRead)
    .filter(straysAtTheEnd)
    .filter(isNotCutShort)
    .filter(isNotStoppedAhead),

  async play(t, plan) {
    t.catchUncaught();
    const connection = await connect(t, plan);

    connection.mayCut = mayCut(plan);
    for (const [index, step] of plan.steps.entries()) {
      await doStep(t, connection, step, `${index + 1}`);
      await t.settle();
      t.properties(connection.subject, BOTH);
    }

    const { raw, subject } = connection;
    await leave(t, connection, () => raw.socket.end());
    await t.settle();
    t.properties(subject, BOTH);
    t.call('terminate', () => subject.terminate());
    await t.settle();
    t.properties(subject, BOTH);
  },
};

function connect(t, plan) {
  const { transport, binaryType, markers, deflate } = plan;
  const options = {
    subject: { ...plan.options, perMessageDeflate: deflateOption(t, deflate) },
    watch: { markers: markers && hasTicks(plan) ? ['tick', 'microtask'] : [] },
    prepare(subject) {
      subject.binaryType = binaryType;
      react(t, subject, plan);
    },
  };

  if (transport === 'duplex') {
    if (deflate && t.role === 'server') {
      options.headers = { 'sec-websocket-extensions': deflate.server.offer };
    }
    return t.connectDuplex(options);
  }
  if (deflate) {
    const value =
      t.role === 'server' ? deflate.server.offer : deflate.client.answer;
    options.headers = [`Sec-WebSocket-Extensions: ${value}`];
  }
  return t.connectRaw(options);
}

function deflateOption(t, deflate) {
  if (!deflate) return false;
  const { offer, ...server } = deflate.server;
  return { threshold: deflate.threshold, ...(t.role === 'server' && server) };
}

function react(t, subject, { reaction }) {
  if (!reaction) return;
  const { event, at, action } = reaction;
  let count = 0;
  subject.on(event, () => {
    if (++count !== at) return;
    if (action.call === 'removeListeners') {
      t.call(`in ${event}`, () => subject.removeAllListeners(event));
      return;
    }
    doCall(t, subject, action, `in ${event} ${at}: ${action.call}`);
  });
}

async function doStep(t, connection, plan, label) {
  const { subject, raw } = connection;
  switch (plan.step) {
    case 'receive':
      return deliver(t, connection, plan);
    case 'calls':
      for (const [index, call] of plan.calls.entries()) {
        doCall(t, subject, call, `${label}.${index + 1} ${call.call}`);
      }
      return undefined;
    case 'terminate':
      t.call(`${label} terminate`, () => subject.terminate());
      t.properties(subject, ['readyState']);
      return undefined;
    case 'peer ends':
      return leave(t, connection, () => raw.socket.end());
    default:
      return leave(t, connection, () => {
        if (raw.socket.resetAndDestroy) raw.socket.resetAndDestroy();
        else raw.socket.destroy();
      });
  }
}

/**
 * The row "pausing": to a subject that is paused, hawser says at once that its peer has gone.
 */
async function leave(t, { subject }, act) {
  if (subject.isPaused) {
    subject.resume();
    await t.settle();
  }
  act();
}

/** Writes the frames, cut at places of which the frames know nothing. */
async function deliver(t, { raw, deliver, mayCut }, { frames, cuts }) {
  const masks = t.role === 'server';
  const bytes = Buffer.concat(frames.map((frame) => layOut(raw, frame, masks)));
  const places = mayCut
    ? cuts.map((cut) => Math.floor(cut * bytes.length))
    : [];
  const ends = [...places.sort((a, b) => a - b), bytes.length];
  let start = 0;
  for (const end of ends) {
    if (end > start) await deliver(bytes.subarray(start, end));
    start = Math.max(start, end);
  }
}
