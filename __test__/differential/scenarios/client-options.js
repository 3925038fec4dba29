'use strict';

const { OPCODE, buildFrame, closePayload } = require('../../support/frames');
const { CLIENT_PROPERTIES } = require('../support/dialling');

/** Values that a program may give where a number is expected. */
const NUMBERS = [
  5,
  '5',
  '5x',
  5.9,
  [5],
  true,
  { valueOf: () => 5 },
  0,
  -1,
  NaN,
  null,
  undefined,
  Infinity,
  2 ** 31,
  2 ** 32 + 5,
];

const FLAGS = [true, false, 1, 0, 'yes', '', null, undefined, {}, NaN];

const LIMITS = {
  maxPayload: (length) => [
    { opcode: OPCODE.BINARY, payload: Buffer.alloc(length) },
  ],
  maxFragments: (length) =>
    Array.from({ length }, (_, index) => ({
      opcode: index === 0 ? OPCODE.BINARY : OPCODE.CONTINUATION,
      fin: index === length - 1,
      payload: 'x',
    })),
};

/** A server that takes the close frame, and does not answer it. */
const HALF_OPEN = { allowHalfOpen: true };

module.exports = [
  ...Object.entries(LIMITS).flatMap(([option, framesOf]) =>
    NUMBERS.map((value, index) => ({
      name: `${option}, number ${index} of the values`,
      roles: ['client'],
      async play(t) {
        t.note(option, value);
        const { subject, raw, deliver } = await t.connectRaw({
          subject: { [option]: value },
        });
        for (const length of [1, 4, 5, 6]) {
          const frames = framesOf(length).map((frame) => raw.build(frame));
          await deliver(Buffer.concat(frames));
        }
        await t.settle();
        t.properties(subject, ['readyState']);
      },
    })),
  ),
  ...[4, 5, '5', 5.9, 0, -1, NaN, null, undefined].map((value, index) => ({
    name: `maxBufferedChunks, number ${index} of the values`,
    roles: ['client'],
    async play(t) {
      t.note('maxBufferedChunks', value);
      const { raw, deliver } = await t.connectRaw({
        subject: { maxBufferedChunks: value },
      });
      const frame = raw.build({ opcode: OPCODE.BINARY, payload: 'abcdefgh' });
      for (const byte of frame) await deliver(Buffer.from([byte]));
      await t.settle();
    },
  })),
  ...['autoPong', 'allowSynchronousEvents', 'skipUTF8Validation'].map(
    (option) => ({
      name: `${option}, as true as its value is`,
      roles: ['client'],
      async play(t) {
        for (const value of FLAGS) {
          t.note(option, value);
          const { subject, raw, deliver } = await t.connectRaw({
            subject: { [option]: value },
            watch: { markers: ['tick'] },
          });
          await deliver(
            Buffer.concat([
              raw.build({ opcode: OPCODE.PING, payload: 'one' }),
              raw.build({ opcode: OPCODE.PING, payload: '' }),
              raw.build({ opcode: OPCODE.TEXT, payload: Buffer.from([0xff]) }),
            ]),
          );
          await t.settle();
          t.properties(subject, [
            'readyState',
            '_autoPong',
            '_pendingAutoPongs',
            '_maxPendingAutoPongs',
          ]);
        }
      },
    }),
  ),
  {
    name: 'skipUTF8Validation counts for the reason of a close frame, too',
    roles: ['client'],
    async play(t) {
      for (const skipUTF8Validation of [true, false]) {
        const { raw, deliver } = await t.connectRaw({
          subject: { skipUTF8Validation },
        });
        const payload = Buffer.concat([
          closePayload(1000),
          Buffer.from([0xff]),
        ]);
        await deliver(raw.build({ opcode: OPCODE.CLOSE, payload }));
        await t.settle();
      }
    },
  },
  {
    name: 'what the client keeps of numbers',
    roles: ['client'],
    async play(t) {
      for (const value of NUMBERS) {
        const { subject } = await t.connectRaw({
          subject: { closeTimeout: value, maxPendingAutoPongs: value },
        });
        t.note('given', value);
        t.properties(subject, ['_closeTimeout', '_maxPendingAutoPongs']);
      }
    },
  },
  ...[20, '20', 0, null, undefined, NaN, -5, 20.5, '', 'soon'].map((value) => ({
    name: `closeTimeout ${typeof value} ${value}`,
    roles: ['client'],
    async play(t) {
      const { subject } = await t.connectRaw({
        subject: { closeTimeout: value },
        ...HALF_OPEN,
      });
      t.call('close', () => subject.close(1000));
      await t.until('subject close');
      t.properties(subject, CLIENT_PROPERTIES);
    },
  })),
  {
    name: 'generateMask is called for each frame, with the same four bytes',
    roles: ['client'],
    async play(t) {
      const keys = new Set();
      let number = 0;
      const { subject, raw, deliver } = await t.connectRaw({
        noteMasks: true,
        subject: {
          generateMask(...args) {
            const [key] = args;
            keys.add(key);
            t.note(
              'generateMask',
              args.length,
              key.length,
              key.byteOffset >= 0,
            );
            t.note('before', Buffer.from(key));
            key.fill(++number);
          },
        },
      });
      t.note('until open', number);
      const bytes = Buffer.from('bytes');
      subject.send('text');
      subject.send('');
      subject.send(bytes);
      subject.send('not masked', { mask: false });
      subject.send('part', { fin: false });
      subject.send('and the rest');
      subject.send(Buffer.alloc(70_000, 1));
      subject.ping('ping');
      subject.pong();
      await raw.firstFrames(9);
      await deliver(raw.build({ opcode: OPCODE.PING, payload: 'automatic' }));
      await raw.firstFrames(10);
      subject.close(1000, 'bye');
      await t.until('frame CLOSE', { lane: 'raw' });
      t.note('keys', keys.size, bytes);
    },
  },
  ...Object.entries({
    'does nothing': () => {},
    'leaves zeros': (key) => key.fill(0),
    'fills in a part': (key) => key.writeUInt16BE(0x1234, 2),
    'returns a key': () => Buffer.from([1, 2, 3, 4]),
    'keeps the key and changes it later': (key) => {
      key.fill(1);
      setImmediate(() => key.fill(9));
    },
  }).map(([what, generateMask]) => ({
    name: `generateMask ${what}`,
    roles: ['client'],
    async play(t) {
      const { subject, raw } = await t.connectRaw({
        noteMasks: true,
        subject: { generateMask },
      });
      for (const payload of ['one', Buffer.from('two'), '']) {
        subject.send(payload);
      }
      subject.ping('three');
      await raw.firstFrames(4);
      await t.turn();
      subject.send('four');
      await raw.firstFrames(5);
    },
  })),
  ...Object.entries({
    throws() {
      throw new RangeError('no mask today');
    },
    'a number': 5,
    text: 'mask',
  }).map(([what, generateMask]) => ({
    name: `generateMask that fails: ${what}`,
    roles: ['client'],
    async play(t) {
      t.catchUncaught();
      const { subject, deliver, raw } = await t.connectRaw({
        subject: { generateMask },
      });
      const failing = (label, action) => {
        try {
          action();
          t.note(label, 'nothing thrown');
        } catch (error) {
          // What is not a function is called so by the name of a variable.
          t.note(label, error.constructor.name);
        }
      };
      failing('send', () => subject.send('x', t.callback('sent')));
      failing('ping', () => subject.ping('x', t.callback('pinged')));
      failing('unmasked', () => subject.send('y', { mask: false }));
      t.properties(subject, ['readyState']);
      await t.until('frame', { lane: 'raw' });
      failing('close', () => subject.close(1000));
      t.properties(subject, ['readyState', '_closeFrameSent']);
      await deliver(raw.build({ opcode: OPCODE.TEXT, payload: 'still' }));
      await t.settle();
    },
  })),
  ...[null, 0, '', false, undefined].map((generateMask, index) => ({
    name: `generateMask that is none, number ${index}`,
    roles: ['client'],
    async play(t) {
      const { subject, raw } = await t.connectRaw({
        subject: { generateMask },
      });
      subject.send('text');
      await raw.firstFrames(1);
    },
  })),
  {
    name: 'with generateMask and the extension',
    roles: ['client'],
    async play(t) {
      const { subject, raw } = await t.connectRaw({
        noteMasks: true,
        headers: ['Sec-WebSocket-Extensions: permessage-deflate'],
        subject: {
          perMessageDeflate: { threshold: 0 },
          generateMask(key) {
            t.note('generateMask');
            key.fill(5);
          },
        },
      });
      subject.send('compressed '.repeat(50), t.callback('sent'));
      await raw.firstFrames(1);
      await t.until('sent');
    },
  },
  {
    name: 'what setSocket() is given, and that a client uses its own',
    roles: ['client'],
    async play(t) {
      const generateMask = (key) => key.fill(1);
      const early = buildFrame({ opcode: OPCODE.TEXT, payload: 'early' });
      await t.connectRaw({
        firstBytes: early,
        subject: {
          generateMask,
          maxPayload: '77',
          skipUTF8Validation: 'yes',
          allowSynchronousEvents: 0,
          maxFragments: undefined,
        },
        prepare(subject) {
          const { setSocket } = subject;
          subject.setSocket = function setSocketNoted(socket, head, options) {
            t.note('setSocket', socket, head, options, arguments.length);
            t.properties(this, ['readyState', '_req', '_socket']);
            const result = setSocket.call(this, socket, head, options);
            t.note('returned', result);
          };
        },
      });
      await t.until('subject message');
    },
  },
  {
    name: 'emitClose() of its own',
    roles: ['client'],
    async play(t) {
      const { subject, raw } = await t.connectRaw({
        prepare(client) {
          const { emitClose } = client;
          client.emitClose = function emitCloseNoted(...args) {
            t.note('emitClose', args.length, this === client);
            emitClose.call(this);
          };
        },
      });
      raw.close(1000);
      raw.socket.end();
      await t.until('subject close');
      t.properties(subject, ['readyState']);
    },
  },
];
