'use strict';

const zlib = require('node:zlib');
const { OPCODE, buildFrame, closePayload } = require('../../support/frames');

const { TEXT, BINARY, CONTINUATION, PING, PONG, CLOSE } = OPCODE;
const BOTH = ['server', 'client'];
const TYPES = ['nodebuffer', 'arraybuffer', 'fragments', 'blob'];
const DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate';
const MARKERS = ['tick', 'microtask', 'immediate'];

const MIXED = [
  { opcode: TEXT, payload: 'one' },
  { opcode: PING, payload: 'two' },
  { opcode: BINARY, payload: 'three', fin: false },
  { opcode: PONG, payload: 'four' },
  { opcode: CONTINUATION, payload: '' },
  { opcode: TEXT, payload: '' },
  { opcode: CLOSE, payload: closePayload(4000, 'five') },
  { opcode: TEXT, payload: 'unheard' },
];

module.exports = [
  ...TYPES.map((type) => ({
    name: `messages with the binary type ${type}`,
    roles: BOTH,
    async play(t) {
      const { subject, raw, deliver } = await t.connectRaw();
      subject.binaryType = type;
      t.properties(subject);
      const frames = [
        { opcode: BINARY, payload: 'one' },
        { opcode: BINARY },
        { opcode: TEXT, payload: 'two' },
        { opcode: BINARY, payload: 'three', fin: false },
        { opcode: CONTINUATION, payload: ' and', fin: false },
        { opcode: CONTINUATION, fin: false },
        { opcode: CONTINUATION, payload: ' four' },
        { opcode: TEXT, payload: 'fi', fin: false },
        { opcode: CONTINUATION, payload: 've' },
        { opcode: BINARY, payload: Buffer.alloc(100_000, 'x') },
      ];
      await deliver(...frames.map((frame) => raw.build(frame)));
      await t.until('subject message', { count: 6 });
    },
  })),
  {
    name: 'binaryType takes four values and ignores others',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      for (const type of [...TYPES, 'other', '', null, undefined, 5, {}]) {
        t.call('set', () => void (subject.binaryType = type));
        t.note('binaryType', subject.binaryType, subject._binaryType);
      }
    },
  },
  {
    name: 'binaryType is changed in a listener, between two messages of a chunk',
    roles: BOTH,
    async play(t) {
      const { raw, deliver } = await t.connectRaw({
        prepare(subject) {
          let count = 0;
          subject.on(
            'message',
            () => (subject.binaryType = TYPES[++count % 4]),
          );
        },
      });
      const messages = TYPES.map((payload) =>
        raw.build({ opcode: BINARY, payload }),
      );
      await deliver(Buffer.concat([...messages, ...messages]));
      await t.until('subject message', { count: 8 });
    },
  },
  ...[true, false, undefined].map((allowSynchronousEvents) => ({
    name: `all kinds of frames in a chunk, allowSynchronousEvents: ${allowSynchronousEvents}`,
    roles: BOTH,
    async play(t) {
      const { raw, deliver } = await t.connectRaw({
        subject: { allowSynchronousEvents, autoPong: false },
        watch: { markers: MARKERS },
      });
      await t.turn();
      await deliver(Buffer.concat(MIXED.map((frame) => raw.build(frame))));
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.socket.end();
      await bothEnds(t);
      await t.until('~ immediate after subject close');
    },
  })),
  ...['an invalid frame', 'FIN', 'terminate()', 'close()', 'pause()'].map(
    (what) => ({
      name: `events wait for their turns, and then: ${what}`,
      roles: BOTH,
      async play(t) {
        let count = 0;
        const { subject, raw, deliver } = await t.connectRaw({
          subject: { allowSynchronousEvents: false },
          // When the FIN is noticed is a matter of who reads.
          watch: what === 'FIN' ? { properties: [] } : {},
          prepare(websocket) {
            websocket.on('message', () => {
              if (++count > 1) return;
              if (what === 'terminate()') websocket.terminate();
              if (what === 'close()') websocket.close(4000);
              if (what === 'pause()') websocket.pause();
            });
          },
        });
        const payloads = ['one', 'two', 'three'];
        const frames = payloads.map((payload) =>
          raw.build({ opcode: TEXT, payload }),
        );
        if (what === 'an invalid frame') frames.push(raw.build({ opcode: 3 }));
        await deliver(Buffer.concat(frames));
        if (what === 'FIN') raw.socket.end();
        if (what === 'pause()') {
          await t.settle();
          subject.resume();
          await t.settle();
          return;
        }
        if (what === 'close()' || what === 'an invalid frame') {
          await t.until('frame CLOSE', { lane: 'raw' });
          await t.settle();
          raw.close(4000);
          raw.socket.end();
        }
        await bothEnds(t);
      },
    }),
  ),
  ...[true, false].map((autoPong) => ({
    name: `pings with autoPong: ${autoPong}`,
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw({ subject: { autoPong } });
      t.properties(subject, ['_autoPong', '_pendingAutoPongs']);
      raw.send({ opcode: PING, payload: 'x'.repeat(125) });
      await t.until('subject ping');
      raw.send({ opcode: PING });
      await t.until('subject ping', { count: 2 });
      await t.settle();
      subject.close();
      raw.send({ opcode: PING, payload: 'closing' }, { opcode: CLOSE });
      raw.socket.end();
      await bothEnds(t);
      t.properties(subject, ['_autoPong', '_pendingAutoPongs']);
    },
  })),
  ...[0, 1, 3, -1].map((maxPendingAutoPongs) => ({
    name: `five pings in a chunk, with maxPendingAutoPongs: ${maxPendingAutoPongs}`,
    roles: BOTH,
    async play(t) {
      const { subject, raw, deliver } = await t.connectRaw({
        subject: { maxPendingAutoPongs },
        watch: { properties: ['readyState'] },
      });
      await t.turn();
      const pings = ['a', 'b', 'c', 'd', 'e'].map((payload) =>
        raw.build({ opcode: PING, payload }),
      );
      await deliver(Buffer.concat(pings));
      await t.until('subject ping', { count: 5 });
      if (maxPendingAutoPongs > 0) await bothEnds(t);
      else await t.settle();
      t.properties(subject, ['readyState', '_maxPendingAutoPongs']);
    },
  })),
  ...['message', 'ping', 'pong', 'error', 'close'].map((event) => ({
    name: `a listener of ${event} that throws`,
    roles: BOTH,
    async play(t) {
      t.catchUncaught();
      const { raw, deliver } = await t.connectRaw({
        prepare(subject) {
          subject.on(event, () => {
            throw new Error(`in ${event}`);
          });
        },
      });
      const opcode = { message: TEXT, ping: PING, pong: PONG, error: 3 }[event];
      if (opcode) await deliver(raw.build({ opcode, payload: 'x' }));
      else raw.close(1000);
      await t.until('uncaught', { lane: 'process' });
      // The receiver of ws is stuck after the others.
      if (event !== 'close' && event !== 'error') return;
      raw.socket.end();
      await bothEnds(t);
    },
  })),
  {
    name: 'a listener of open that throws',
    async play(t) {
      t.catchUncaught();
      const { url } = await t.rawServer(({ accept, socket }) => {
        setImmediate(() => {
          socket.write(buildFrame({ opcode: TEXT, payload: 'heard' }));
        });
        return [
          'HTTP/1.1 101 Switching Protocols',
          'Connection: Upgrade',
          'Upgrade: websocket',
          `Sec-WebSocket-Accept: ${accept}`,
          '\r\n',
        ].join('\r\n');
      });
      const subject = t.watch(t.client(url));
      subject.on('open', () => {
        throw new Error('in open');
      });
      await t.until('uncaught', { lane: 'process' });
      await t.until('subject message');
      subject.send('said', t.callback('sent'));
      await t.until('sent called');
    },
  },
  ...Object.entries({
    'past maxPayload when inflated': [{ maxPayload: 20 }, 'x'.repeat(21)],
    'at maxPayload when inflated': [{ maxPayload: 20 }, 'x'.repeat(20)],
    'past maxPayload as it is': [{ maxPayload: 3 }, 'abc'],
    'not UTF-8': [{}, Buffer.from([0xc3, 0x28])],
    'not UTF-8, and nobody minds': [
      { skipUTF8Validation: true },
      Buffer.from([0xc3, 0x28]),
    ],
  }).map(([title, [options, payload]]) => ({
    name: `a compressed message that is ${title}`,
    roles: BOTH,
    async play(t) {
      const { raw, deliver } = await connectDeflate(t, options);
      const frame = { opcode: TEXT, rsv1: true, payload: deflate(payload) };
      const ping = raw.build({ opcode: PING, payload: 'behind' });
      await deliver(Buffer.concat([raw.build(frame), ping]));
      await t.until(/^subject (error|ping)/);
      await t.settle();
    },
  })),
  {
    name: 'compressed messages, fragments and plain ones in turn',
    roles: BOTH,
    async play(t) {
      const { subject, raw, deliver } = await connectDeflate(t, {});
      subject.binaryType = 'fragments';
      const bytes = deflate('a compressed message');
      const frames = [
        { opcode: BINARY, rsv1: true, payload: bytes },
        { opcode: BINARY, payload: 'plain' },
        { opcode: BINARY, rsv1: true, fin: false },
        { opcode: CONTINUATION, fin: false, payload: bytes.subarray(0, 5) },
        { opcode: PING, payload: 'between' },
        { opcode: CONTINUATION, payload: bytes.subarray(5) },
        { opcode: TEXT, rsv1: true, payload: deflate('') },
      ];
      await deliver(Buffer.concat(frames.map((frame) => raw.build(frame))));
      await t.until('subject message', { count: 4 });
      await t.until('frame PONG', { lane: 'raw' });
    },
  },
  ...Object.entries({
    maxPayload: { opcode: BINARY, length: 1_000_000 },
    'nothing to wait for': { opcode: BINARY, rsv3: true, length: 1_000_000 },
    'a length of 2^53': { opcode: TEXT, length: 2n ** 53n },
  }).map(([title, frame]) => ({
    name: `an error at the header of a frame: ${title}`,
    roles: BOTH,
    async play(t) {
      const { subject, raw, deliver } = await t.connectRaw({
        subject: { maxPayload: 1000 },
        watch: { markers: ['tick', 'microtask'] },
      });
      await deliver(raw.build(frame));
      await t.until('subject error');
      await t.turn();
      t.properties(subject);
      await t.until('frame CLOSE', { lane: 'raw' });
      await deliver(raw.build({ opcode: TEXT, payload: 'unheard' }));
      t.call('send', () => subject.send('late', t.callback('late')));
      await t.until('late called');
      raw.socket.end();
      await bothEnds(t);
    },
  })),
  ...[{ maxFragments: 2 }, { maxBufferedChunks: 2 }].map((limits) => ({
    name: `many small parts, with ${JSON.stringify(limits)}`,
    roles: BOTH,
    async play(t) {
      const { raw, deliver } = await t.connectRaw({ subject: limits });
      if (limits.maxFragments) {
        for (const fin of [false, false, true]) {
          const opcode = fin ? CONTINUATION : TEXT;
          await deliver(raw.build({ opcode, payload: 'x', fin }));
        }
        await t.until('subject error');
      } else {
        const bytes = raw.build({ opcode: TEXT, payload: 'x' });
        await deliver(...[...bytes].map((byte) => Buffer.from([byte])));
        await t.until(/^subject (message|error)/);
      }
      await t.settle();
    },
  })),
  {
    name: 'a close frame and data behind it, in one chunk or more',
    roles: BOTH,
    async play(t) {
      const { raw, deliver } = await t.connectRaw();
      const close = raw.build({ opcode: CLOSE, payload: closePayload(1001) });
      const text = raw.build({ opcode: TEXT, payload: 'unheard' });
      await deliver(Buffer.concat([close, text]), text, Buffer.alloc(5));
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.socket.end(buildFrame({ opcode: 3 }));
      await bothEnds(t);
    },
  },
];

async function connectDeflate(t, options) {
  const headers = [DEFLATE];
  const subject = { perMessageDeflate: true, ...options };
  return t.connectRaw({ subject, headers });
}

function deflate(payload) {
  const bytes = zlib.deflateRawSync(payload, {
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
  });
  return bytes.subarray(0, -4);
}

function bothEnds(t) {
  return Promise.all([
    t.until('subject close'),
    t.until('closed', { lane: 'raw' }),
  ]);
}
