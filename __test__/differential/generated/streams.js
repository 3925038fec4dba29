'use strict';

const fc = require('fast-check');

const EVENTS = ['data', 'end', 'finish', 'drain', 'error', 'close'];
const PROPERTIES = ['readableEnded', 'writableFinished', 'destroyed', 'closed'];

const step = fc.oneof(
  fc.record({
    step: fc.constant('write'),
    value: fc.constantFrom(
      ...['text', 'é', '', Buffer.from('bytes'), new Uint8Array([1, 2])],
      ...[Buffer.alloc(20_000), 5, { a: 1 }, [1], true],
    ),
    encoding: fc.constantFrom(undefined, 'utf8', 'hex', 'latin1'),
  }),
  fc.record({
    step: fc.constant('peer sends'),
    value: fc.constantFrom('text', Buffer.from('bytes'), '', 'x'.repeat(200)),
  }),
  fc.record({
    step: fc.constantFrom(
      ...['pause', 'resume', 'end', 'destroy', 'destroy with an error'],
      ...['peer closes', 'peer terminates', 'close', 'cork', 'uncork'],
    ),
  }),
);

/** `createWebSocketStream()` with random options, between random calls. */
module.exports = {
  name: 'createWebSocketStream',
  roles: ['server', 'client'],

  arbitrary: fc.record({
    options: fc.option(
      fc.record(
        {
          allowHalfOpen: fc.boolean(),
          autoDestroy: fc.boolean(),
          emitClose: fc.boolean(),
          objectMode: fc.boolean(),
          readableObjectMode: fc.boolean(),
          writableObjectMode: fc.boolean(),
          decodeStrings: fc.boolean(),
          defaultEncoding: fc.constantFrom('utf8', 'latin1'),
          encoding: fc.constantFrom('utf8', 'hex'),
          highWaterMark: fc.constantFrom(0, 1, 10, 16_384),
          readableHighWaterMark: fc.constantFrom(1, 100),
          writableHighWaterMark: fc.constantFrom(1, 100),
        },
        { requiredKeys: [] },
      ),
      { nil: undefined },
    ),
    steps: fc.array(step, { minLength: 1, maxLength: 6 }),
  }),

  async play(t, { options, steps }) {
    t.catchUncaught();
    let stream;
    const { subject, peer } = await t.connectPeer({
      subject: { perMessageDeflate: false },
      peer: { perMessageDeflate: false },
      // The stream is what listens here.
      watch: { events: ['close'] },
      prepare(websocket) {
        stream = t.call('create', () =>
          t.ws.createWebSocketStream(websocket, options),
        );
        const watched = { events: EVENTS, properties: PROPERTIES };
        if (stream) t.lane('stream').watch(stream, 'stream', watched);
      },
    });
    if (!stream) return;
    for (const [index, each] of steps.entries()) {
      doStep(t, { stream, subject, peer }, each, `${index} ${each.step}`);
      await t.settle();
      t.properties(stream, PROPERTIES, `${index}`);
      t.properties(subject, ['readyState', 'isPaused'], `${index}`);
    }
  },
};

function doStep(
  t,
  { stream, subject, peer },
  { step, value, encoding },
  label,
) {
  const callback = t.lane('callbacks').callback(label);
  switch (step) {
    case 'write':
      // What `write()` returns depends on when a frame leaves: the row of that name.
      t.call(label, () => void stream.write(value, encoding, callback));
      break;
    case 'peer sends':
      peer.send(value, () => {});
      break;
    case 'peer closes':
      peer.close(1000);
      break;
    case 'peer terminates':
      peer.terminate();
      break;
    case 'close':
      subject.close();
      break;
    case 'destroy with an error':
      stream.destroy(new Error('of the scenario'));
      break;
    case 'end':
      t.call(label, () => void stream.end(callback));
      break;
    default:
      t.call(label, () => void stream[step]());
  }
}
