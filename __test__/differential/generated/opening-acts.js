'use strict';

const fc = require('fast-check');
const { driver } = require('../runner/implementations');
const { makeData } = require('./calls');

/** When something is done. Each is counted from the event with which a connection begins. */
const MOMENTS = {
  'at once': (subject, act) => act(),
  microtask: (subject, act) => queueMicrotask(act),
  tick: (subject, act) => process.nextTick(act),
  immediate: (subject, act) => setImmediate(act),
  'first message': (subject, act) => subject.once('message', act),
  'first ping': (subject, act) => subject.once('ping', act),
};

/** Frames; more than go into one system call. */
const MANY = 1200;

const BLOB = new Blob(['of a Blob']);

/** The row "compression". */
const NOT_COMPRESSED = { compress: false };

const anySend = fc
  .record({
    act: fc.constant('send'),
    data: fc.oneof(
      fc.constantFrom(
        { type: 'string', value: 'text' },
        { type: 'Buffer' },
        { type: 'Blob' },
        { type: 'Blob' },
      ),
      fc.record({
        type: fc.constantFrom('string', 'Buffer'),
        size: fc.constantFrom(0, 126, 16_384, 65_536),
      }),
    ),
    times: fc.constantFrom(1, 1, 1, 1, 2, MANY),
    callback: fc.boolean(),
  })
  .map((send) =>
    send.times === MANY
      ? { ...send, data: { type: 'string', value: 'one of many' } }
      : send,
  );

const plainAct = fc.oneof(
  { weight: 4, arbitrary: anySend },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constantFrom('ping', 'pong'),
      callback: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ act: 'terminate' }) },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('close'),
      code: fc.constantFrom(undefined, 1000, 4000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ act: fc.constantFrom('pause', 'resume') }),
  },
  { weight: 2, arbitrary: fc.constant({ act: 'look' }) },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constantFrom(
        ...['socket listen', 'socket pause', 'socket resume'],
        ...['socket destroy', 'socket end', 'socket cork', 'socket uncork'],
      ),
    }),
  },
);

const anyAct = fc.oneof(
  { weight: 9, arbitrary: plainAct },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('send a Blob, await it'),
      times: fc.constantFrom(1, 2, 3),
      then: plainAct,
    }),
  },
);

const streamAct = fc.record({
  act: fc.constantFrom(
    ...['stream read', 'stream flow', 'stream pause', 'stream resume'],
    ...['stream destroy', 'stream end', 'stream write'],
  ),
});

/** Whether it ends the connection, or one direction of it. */
const ENDS = [
  'terminate',
  'close',
  'socket destroy',
  'socket end',
  'stream destroy',
  'stream end',
];

module.exports = { MOMENTS, anyAct, streamAct, actsOf, endsIt, doAct };

/** @returns {string[]} the names of what is done, one in the other */
function actsOf({ act, then }) {
  return then ? [act, ...actsOf(then)] : [act];
}

function endsIt(plan) {
  return actsOf(plan).some((act) => ENDS.includes(act));
}

/**
 * Does what a plan says, and notes what it returned or threw.
 *
 * @param {ScenarioContext} t
 * @param {object} opening
 * @param {WebSocket} opening.subject
 * @param {Duplex | null} opening.stream
 * @param {boolean} opening.endsSocket whether the plan does so, behind the back of the WebSocket
 * @param {(label: string) => void} opening.look
 * @param {object} plan one of `anyAct` or `streamAct`
 * @param {string} label
 */
function doAct(t, opening, plan, label) {
  const { subject, stream } = opening;
  const { act, code } = plan;
  const [of, method] = act.split(' ');

  if (act === 'look') {
    opening.look(label);
  } else if (act === 'send') {
    send(t, opening, plan, label);
  } else if (act === 'send a Blob, await it') {
    for (let time = 0; time < plan.times; time++) {
      // What is sent too late has no order.
      const callback = opening.endsSocket ? undefined : sent(t, opening, label);
      t.call(label, () => subject.send(BLOB, NOT_COMPRESSED, callback));
    }
    BLOB.arrayBuffer().then(() =>
      doAct(t, opening, plan.then, `${label}, then`),
    );
  } else if (act === 'ping' || act === 'pong') {
    const callback = plan.callback ? sent(t, opening, label) : undefined;
    t.call(label, () => subject[act]('of the subject', undefined, callback));
  } else if (of === 'stream') {
    doStreamAct(t, stream, method, label);
  } else if (method === 'listen') {
    listenTo(opening, subject._socket);
  } else if (of === 'socket') {
    t.call(label, () => void subject._socket?.[method]());
  } else {
    t.call(label, () => subject[act](code));
  }
  t.properties(subject, ['readyState', 'isPaused'], label);
}

function send(t, opening, { data, times, callback }, label) {
  const { subject } = opening;
  t.call(label, () => {
    for (let time = 0; time < times; time++) {
      const isLast = time === times - 1;
      subject.send(
        makeData(data),
        NOT_COMPRESSED,
        callback && isLast ? sent(t, opening, label) : undefined,
      );
    }
  });
}

function doStreamAct(t, stream, method, label) {
  if (!stream) return;
  t.call(label, () => {
    if (method === 'read') return stream.read();
    if (method === 'flow') {
      stream.on('data', t.lane('stream').callback('data'));
    } else if (method === 'write') {
      // What it returns depends on when a frame leaves: the row of that name.
      stream.write('of the stream');
    } else {
      stream[method]();
    }
    return undefined;
  });
}

/** What comes in which chunk the system says; all of it together is compared. */
function listenTo(opening, socket) {
  if (!socket || opening.overheard) return;
  opening.overheard = [];
  socket.prependListener('data', (chunk) => {
    opening.overheard.push(Buffer.from(chunk));
  });
}

/**
 * The rows "when the callback of `send()` is called" and "compression", as in calls.js. What is sent when the socket has
 * been ended is too late.
 */
function sent(t, { subject, endsSocket }, label) {
  const isOrdered =
    !subject.extensions && !endsSocket && driver !== 'io_threads';
  return t.lane(isOrdered ? 'callbacks' : `${label} sent`).callback(label);
}
