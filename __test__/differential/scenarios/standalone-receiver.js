'use strict';

const { OPCODE, buildFrame, closePayload } = require('../../support/frames');
const { deflated, make } = require('../support/standalone-receivers');

const { TEXT, BINARY, CONTINUATION, PING, PONG, CLOSE } = OPCODE;
const KEY = Buffer.from([1, 2, 3, 4]);

const text = (payload, more) => frame(TEXT, payload, more);
const binary = (payload, more) => frame(BINARY, payload, more);

const MESSAGES = {
  'a text message': [text('hello')],
  'a text message of multi-byte characters': [text('€ äöü 🙂')],
  'an empty text message': [text('')],
  'a binary message': [binary('\x01\x02')],
  'an empty binary message': [binary('')],
  'a message of 125 bytes': [binary('x'.repeat(125))],
  'a message of 126 bytes': [binary('x'.repeat(126))],
  'a message of 65536 bytes': [binary('x'.repeat(65536))],
  'a length of 1 in 16 bits': [binary('x', { lengthBits: 16 })],
  'a length of 1 in 64 bits': [binary('x', { lengthBits: 64 })],
  'a length of 0 in 64 bits': [text('', { lengthBits: 64 })],
  'a ping and a pong': [frame(PING, 'a'), frame(PONG, 'b'), frame(PING, '')],
  'a message in fragments': [
    text('one ', { fin: false }),
    frame(CONTINUATION, 'two ', { fin: false }),
    frame(CONTINUATION, 'three'),
  ],
  'fragments with pings between them': [
    binary('one', { fin: false }),
    frame(PING, 'ping'),
    frame(CONTINUATION, '', { fin: false }),
    frame(PONG, 'pong'),
    frame(CONTINUATION, 'two'),
    text('after'),
  ],
  'a character cut by a fragment': [
    text(Buffer.from([0xe2, 0x82]), { fin: false }),
    frame(CONTINUATION, Buffer.from([0xac])),
  ],
  'fragments that are all empty': [
    text('', { fin: false }),
    frame(CONTINUATION, '', { fin: false }),
    frame(CONTINUATION, ''),
  ],
  'a close frame': [frame(CLOSE, closePayload(1000, 'bye'))],
  'a close frame without a body': [frame(CLOSE, '')],
  'a close frame with a message behind it': [
    text('before'),
    frame(CLOSE, closePayload(4000)),
    text('behind'),
    frame(CLOSE, closePayload(4001)),
  ],
};

module.exports = [
  ...Object.entries(MESSAGES).flatMap(([title, frames]) =>
    [true, false].map((isServer) => ({
      name: `${title}, to a ${isServer ? 'server' : 'client'}`,
      async play(t) {
        const bytes = layOut(frames, isServer);
        await receive(t, { isServer }, [bytes]);
        if (bytes.length > 200) return;
        await receive(
          t,
          { isServer },
          [...bytes].map((byte) => [byte]),
        );
        await receive(t, { isServer, allowSynchronousEvents: false }, [bytes]);
      },
    })),
  ),
  ...['nodebuffer', 'arraybuffer', 'fragments', 'blob', '', 'unknown'].map(
    (binaryType) => ({
      name: `the binary type "${binaryType}"`,
      async play(t) {
        const frames = [
          binary('one'),
          binary('two', { fin: false }),
          frame(CONTINUATION, ' and', { fin: false }),
          frame(CONTINUATION, ' more'),
          binary(''),
          text('text', { fin: false }),
          frame(CONTINUATION, ' stays'),
        ];
        await receive(t, { binaryType }, [layOut(frames, false)]);
      },
    }),
  ),
  ...[false, true].map((toFragments) => ({
    name: `_binaryType is changed while a message arrives${toFragments ? ', to fragments' : ''}`,
    ...(toFragments && {
      differs: "`binaryType` is set to `'fragments'` within a message",
    }),
    async play(t) {
      const frames = [
        binary('a', { fin: false }),
        frame(CONTINUATION, 'b', { fin: false }),
        frame(CONTINUATION, 'c'),
      ].map((each) => buildFrame(each));
      const types = ['arraybuffer', 'fragments', 'nodebuffer', 'blob'];
      for (const first of types) {
        for (const second of types) {
          if ((second === 'fragments') !== toFragments) continue;
          const receiver = make(t, { binaryType: first });
          receiver.write(frames[0]);
          receiver._binaryType = second;
          receiver.write(Buffer.concat(frames.slice(1)));
          await t.turn();
        }
      }
    },
  })),
  {
    name: 'write() returns and calls back as a stream does',
    async play(t) {
      const receiver = make(t, { isServer: true });
      for (const chunk of ['a', 'b'.repeat(20_000)]) {
        const bytes = layOut([text(chunk)], true);
        t.call('write', () => receiver.write(bytes, t.callback('written')));
        t.properties(receiver, ['writableLength', 'writableNeedDrain']);
        await t.markers('write', ['tick', 'microtask', 'immediate']);
      }
      t.call('string', () => receiver.write('\x89\x80', 'latin1'));
      t.call('Uint8Array', () => receiver.write(new Uint8Array(4)));
      t.call('null', () => attempt(() => receiver.write(null)));
      t.call('number', () => attempt(() => receiver.write(5)));
      t.call('end', () => receiver.end(t.callback('ended')) === receiver);
      await t.markers('end');
      t.call('late', () => receiver.write(Buffer.alloc(1), t.callback('late')));
      await t.markers('late');
    },
  },
  {
    name: 'while events wait, what is written is kept back',
    async play(t) {
      const receiver = make(t, { allowSynchronousEvents: false });
      const bytes = layOut([text('one'), frame(PING, 'two')], false);
      t.call('first', () => receiver.write(bytes, t.callback('first')));
      t.call('second', () => receiver.write(bytes, t.callback('second')));
      t.properties(receiver, ['writableLength', 'writableNeedDrain']);
      const large = buildFrame(binary('x'.repeat(40_000)));
      t.call('third', () => receiver.write(large, t.callback('third')));
      t.properties(receiver, ['writableLength', 'writableNeedDrain']);
      t.call('end', () => receiver.end(t.callback('end')) === receiver);
      for (let i = 0; i < 9; i++) await t.markers(`turn ${i}`, ['immediate']);
      t.properties(receiver, ['writableLength', 'writableFinished']);
    },
  },
  {
    name: 'end() with a frame that is not whole',
    async play(t) {
      const receiver = make(t);
      receiver.write(Buffer.from([0x81, 5, 104]), t.callback('written'));
      receiver.end(Buffer.from([101]), t.callback('ended'));
      await t.markers('end');
      t.properties(receiver, ['writableFinished', 'destroyed', 'closed']);
    },
  },
  {
    name: 'destroy()',
    async play(t) {
      const receiver = make(t);
      receiver.write(Buffer.from([0x81, 5, 104]), t.callback('written'));
      receiver.destroy(new Error('mine'));
      t.call('write', () => receiver.write(KEY, t.callback('late')));
      await t.markers('destroy');
    },
  },
  {
    name: 'a listener that throws',
    async play(t) {
      t.catchUncaught();
      const receiver = make(t);
      receiver.on('ping', () => {
        throw new Error('of the listener');
      });
      const bytes = layOut([frame(PING, 'x')], false);
      t.call('write', () => receiver.write(bytes));
      await t.markers('write');
    },
  },
  {
    name: 'the bytes that were written are unmasked in place',
    async play(t) {
      const receiver = make(t, { isServer: true });
      const bytes = layOut([binary('hello'), text('text')], true);
      receiver.write(bytes);
      t.note('afterwards', bytes);
    },
  },
  {
    name: 'compressed messages',
    async play(t) {
      const extension = new t.ws.PerMessageDeflate();
      extension.accept([{}]);
      const extensions = { 'permessage-deflate': extension };
      const [first, second] = [deflated('hello hello'), deflated('')];
      const frames = [
        binary(first, { rsv1: true }),
        frame(PING, 'between'),
        text(first.subarray(0, 4), { rsv1: true, fin: false }),
        frame(CONTINUATION, first.subarray(4)),
        text(second, { rsv1: true }),
        text('plain'),
      ];
      const chunks = [layOut(frames, false)];
      await receive(t, { extensions }, chunks, 5);
      await receive(
        t,
        { extensions, allowSynchronousEvents: false },
        [layOut(frames, false)],
        10,
      );
      extension.cleanup();
    },
  },
  {
    name: 'what a receiver knows of its options',
    async play(t) {
      const names = [
        '_allowSynchronousEvents',
        '_binaryType',
        '_extensions',
        '_isServer',
        '_maxBufferedChunks',
        '_maxFragments',
        '_maxPayload',
        '_skipUTF8Validation',
        '_errored',
      ];
      const odd = {
        allowSynchronousEvents: 0,
        binaryType: 'blob',
        isServer: 'yes',
        maxBufferedChunks: '5',
        maxFragments: 1.9,
        maxPayload: 2 ** 32 + 1,
        skipUTF8Validation: 1,
      };
      t.properties(new t.ws.Receiver(), names);
      t.properties(new t.ws.Receiver({}), names);
      t.properties(new t.ws.Receiver(odd), names);
      const { writableHighWaterMark, writableObjectMode } = new t.ws.Receiver();
      t.note('stream', writableHighWaterMark, writableObjectMode);
      t.call('without new', () => attempt(() => t.ws.Receiver()));
    },
  },
  {
    name: '_maxPayload, _maxFragments and the like can be changed',
    async play(t) {
      const receiver = make(t, { maxPayload: 10 });
      receiver.write(layOut([binary('0123456789')], false));
      receiver._maxPayload = 0;
      receiver.write(layOut([binary('0123456789x')], false));
      receiver._skipUTF8Validation = true;
      receiver.write(layOut([text(Buffer.from([0xff]))], false));
      receiver._maxPayload = 3;
      receiver.write(layOut([binary('0123')], false));
      await t.markers('all');
    },
  },
];

function frame(opcode, payload, more) {
  return { opcode, payload, ...more };
}

function layOut(frames, isServer) {
  const mask = isServer ? KEY : false;
  return Buffer.concat(frames.map((each) => buildFrame({ mask, ...each })));
}

/** Writes chunks to a receiver of its own, which ends when there were so many events in all. */
async function receive(t, options, chunks, events) {
  const receiver = make(t, options);
  for (const chunk of chunks) receiver.write(Buffer.from(chunk));
  if (events) {
    const isThere = () =>
      t
        .lane('subject')
        .entries.filter((entry) => /^receiver (message|ping)/.test(entry))
        .length >= events;
    await t.wait(isThere, `${events} events`);
  }
  receiver.end();
  await t
    .wait(() => receiver.closed, 'closed')
    .catch((error) => {
      t.note('not closed', error.message);
    });
}

/** The message may be the engine's, and quote the source. */
function attempt(action) {
  try {
    return action();
  } catch (error) {
    return `${error.constructor.name} ${error.code}`;
  }
}
