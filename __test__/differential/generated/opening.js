'use strict';

const fc = require('fast-check');
const { MOMENTS, anyAct, doAct, streamAct } = require('./opening-acts');
const { PLACES, connectFar } = require('./opening-places');
const {
  endsSocket,
  foreseeableActs,
  hasTicks,
  isForeseen,
  losesFrames,
  sends,
  size,
} = require('./opening-foreseen');
const {
  compressedFrames,
  lastFrames,
  layOut,
  soundFrames,
} = require('./frames');
const { anyDeflate } = require('./options');

const STATE = ['readyState', 'isPaused'];
const STREAM_EVENTS = ['end', 'finish', 'error', 'close'];
/** So that what is read can be compared, whoever takes off the mask first. */
const NO_MASK = Buffer.alloc(4);

/** Messages about as long as what is read at a time, or what a stream keeps. */
const sizedMessage = fc
  .constantFrom(...[16_000, 16_384, 40_000, 65_300, 65_536, 70_000])
  .map((length) => [{ opcode: 2, payload: Buffer.alloc(length, 'sized') }]);

const anyGroup = fc.oneof(
  { weight: 6, arbitrary: soundFrames },
  { weight: 1, arbitrary: sizedMessage },
  { weight: 1, arbitrary: compressedFrames },
);

const act = fc.record({
  when: fc.constantFrom('at once', ...Object.keys(MOMENTS)),
  what: anyAct,
});

const streamActs = fc.record({
  highWaterMark: fc.constantFrom(undefined, 0, 1, 20_000),
  acts: fc.array(
    fc.record({
      when: fc.constantFrom('at once', 'microtask', 'tick', 'immediate'),
      what: streamAct,
    }),
    { maxLength: 3 },
  ),
});

/** What comes with the handshake, and what is done then. */
module.exports = {
  name: 'opening',
  roles: ['server', 'client'],

  arbitrary: fc
    .record({
      place: fc.constantFrom(...PLACES.server),
      isWaiting: fc.boolean(),
      options: fc
        .record({
          allowSynchronousEvents: fc.constantFrom(undefined, undefined, false),
          maxPayload: fc.constantFrom(undefined, undefined, undefined, 20),
        })
        .map((options) => JSON.parse(JSON.stringify(options))),
      deflate: fc.oneof(
        { weight: 3, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: anyDeflate },
      ),
      groups: fc.array(anyGroup, { maxLength: 5 }),
      last: fc.option(lastFrames, { nil: [], freq: 3 }),
      /** Where the bytes are cut: what is behind comes later. */
      cut: fc.oneof(
        { weight: 2, arbitrary: fc.constant(1) },
        { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
      ),
      end: fc.constantFrom(null, null, null, 'FIN', 'RST'),
      markers: fc.boolean(),
      stream: fc.option(streamActs, { nil: null, freq: 3 }),
      acts: fc.array(act, { maxLength: 4 }),
      later: fc.array(anyAct, { maxLength: 2 }),
    })
    .filter((plan) => !isForeseen(plan)),

  async play(t, plan) {
    t.catchUncaught();
    const opening = {
      subject: null,
      stream: null,
      overheard: null,
      endsSocket: endsSocket(plan),
    };
    opening.look = (label) => look(t, opening, plan, label);
    let rest;
    const { raw } = await connectFar(t, {
      ...plan,
      subject: { ...plan.options, perMessageDeflate: deflateOption(t, plan) },
      headers: plan.deflate
        ? [`Sec-WebSocket-Extensions: ${extensionsOf(t, plan)}`]
        : [],
      notesFrames: !losesFrames(plan),
      bytes: (peer) => {
        const bytes = bytesOf(t, peer, plan);
        const cut = Math.floor(plan.cut * bytes.length);
        rest = bytes.subarray(cut);
        return bytes.subarray(0, cut);
      },
      prepare: (subject) => begin(t, opening, subject, plan),
    });

    const { subject } = opening;
    if (!subject) return;
    settled(t, opening);
    for (const [index, what] of plan.later.entries()) {
      doAct(t, opening, what, `later ${index + 1} ${what.act}`);
    }
    await t.settle();
    settled(t, opening);
    if (rest.length > 0) raw.socket.write(rest);
    await t.settle();
    settled(t, opening);
    if (subject.isPaused) {
      t.call('resume', () => subject.resume());
      await t.settle();
    }
    raw.socket.end();
    await t.settle();
    settled(t, opening);
    t.call('terminate', () => subject.terminate());
    await t.settle();
    settled(t, opening);
    if (opening.overheard) {
      t.note('overheard', Buffer.concat(opening.overheard));
    }
  },
};

function begin(t, opening, subject, plan) {
  const { markers, stream } = plan;
  opening.subject = subject;
  t.watch(subject, 'subject', {
    markers: markers && hasTicks(plan) ? ['tick', 'microtask'] : [],
  });
  if (t.role === 'server') greet();
  else subject.once('open', greet);

  function greet() {
    if (stream) {
      const { highWaterMark } = stream;
      opening.stream = t.ws.createWebSocketStream(subject, { highWaterMark });
      t.lane('stream').watch(opening.stream, 'stream', {
        events: STREAM_EVENTS,
        properties: ['destroyed', 'readableEnded'],
      });
    }
    const acts = [...(stream?.acts ?? []), ...foreseeableActs(plan, t.role)];
    for (const [index, { when, what }] of acts.entries()) {
      const label = `${index + 1} ${when}: ${what.act}`;
      MOMENTS[when](subject, () => doAct(t, opening, what, label));
    }
  }
}

/** What is certain at any moment. */
function look(t, { subject }, plan, label) {
  const { _socket: socket } = subject;
  t.note(label, subject.readyState, subject.isPaused, Boolean(socket));
  if (!socket) return;
  t.note(label, socket.destroyed, socket.writableEnded);
  if (size(plan) < 60_000) t.note(`${label} bytesRead`, socket.bytesRead);
  if (!sends(plan)) {
    t.note(label, subject.bufferedAmount, socket.bytesWritten);
  }
}

/** What is certain when everything has happened. */
function settled(t, { subject, stream }) {
  t.properties(subject, STATE);
  t.note('bufferedAmount', subject.bufferedAmount);
  if (stream) t.properties(stream, ['readableLength', 'destroyed', 'closed']);
}

function bytesOf(t, raw, { groups, last }) {
  const frames = [...groups.flat(), ...last];
  const masks = t.role === 'server';
  return Buffer.concat(
    frames.map((frame) => layOut(raw, frame, masks, NO_MASK)),
  );
}

function deflateOption(t, { deflate }) {
  if (!deflate) return false;
  const { offer, ...server } = deflate.server;
  return { threshold: deflate.threshold, ...(t.role === 'server' && server) };
}

function extensionsOf(t, { deflate }) {
  return t.role === 'server' ? deflate.server.offer : deflate.client.answer;
}
