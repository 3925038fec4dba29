'use strict';

const { Duplex } = require('node:stream');
const { createDuplexPair } = require('../../support/duplex-pair');
const { OPCODE, buildFrame, closePayload } = require('../../support/frames');

const ROLES = ['server', 'client'];
const MARKERS = ['tick', 'microtask'];
const text = (payload) => buildFrame({ opcode: OPCODE.TEXT, payload });

module.exports = [
  {
    name: 'a client is made by hand, as tests of servers do it',
    async play(t) {
      const [stream, other] = createDuplexPair();
      t.after(() => stream.destroy());
      const subject = new t.ws.WebSocket(null, undefined, { isServer: false });
      t.properties(subject, ['_isServer', 'readyState', '_autoPong']);
      subject._isServer = false;
      t.watch(subject);
      const received = [];
      other.on('data', (chunk) => received.push(chunk));
      subject.setSocket(stream, Buffer.alloc(0), { maxPayload: 0 });
      t.properties(subject, ['_isServer', 'readyState', '_closeTimeout']);
      t.note('_socket', subject._socket === stream);
      other.write(text('one'));
      await t.until('subject message');
      other.write(buildFrame({ opcode: OPCODE.PING, payload: 'no pong' }));
      await t.until('subject ping');
      subject.send('two', t.callback('sent'));
      await t.until('sent called');
      t.note('masked', (Buffer.concat(received)[1] & 0x80) !== 0);
      const bytes = Buffer.from('raw bytes');
      t.call('write', () => subject._socket.write(bytes));
      other.write(
        buildFrame({ opcode: OPCODE.CLOSE, payload: closePayload(1000) }),
      );
      await t.until('subject close');
      t.note('tail', Buffer.concat(received).subarray(9, 18));
    },
  },
  {
    name: 'setSocket() with bytes that have come already',
    async play(t) {
      for (const allowSynchronousEvents of [true, false, undefined]) {
        const [stream] = createDuplexPair();
        const subject = make(t, { watch: { markers: MARKERS } });
        const head = Buffer.concat([text('one'), text('two')]);
        t.call('setSocket', () =>
          subject.setSocket(stream, head, { allowSynchronousEvents }),
        );
        t.note('called');
        await t.until('subject message two'.slice(0, 15), { count: 2 });
        await t.settle();
        stream.destroy();
        return;
      }
    },
  },
  {
    name: 'setSocket() on streams that are odd',
    async play(t) {
      const methods = [];
      const stream = new Duplex({
        read() {},
        write(chunk, encoding, callback) {
          methods.push('write');
          callback();
        },
      });
      for (const name of ['setTimeout', 'setNoDelay', 'unshift', 'resume']) {
        const original = stream[name];
        stream[name] = function record(...args) {
          methods.push(`${name}(${args.length})`);
          return original?.apply(this, args);
        };
      }
      const subject = make(t);
      subject.setSocket(stream, text('head'), {});
      await t.until('subject message');
      t.note('methods', methods);
      for (const event of ['data', 'end', 'close', 'error']) {
        t.note(event, stream.listenerCount(event));
      }
      stream.destroy();
      await t.until('subject close');
      for (const event of ['data', 'end', 'close', 'error']) {
        t.note(event, stream.listenerCount(event));
      }
    },
  },
  {
    name: 'a second setSocket()',
    async play(t) {
      const [first, second] = [createDuplexPair(), createDuplexPair()];
      const subject = make(t);
      subject.setSocket(first[0], Buffer.alloc(0), {});
      t.call('again', () => subject.setSocket(second[0], Buffer.alloc(0), {}));
      t.note('_socket', subject._socket === second[0]);
      second[1].write(text('on the second'));
      await t.until('subject message');
      second[0].destroy();
      await t.until('subject close');
    },
  },
  ...ROLES.map((role) => ({
    name: 'a connection over streams, to its end',
    roles: [role],
    async play(t) {
      const { subject, raw } = await t.connectDuplex({
        watch: { markers: MARKERS },
      });
      subject.send('one', t.callback('one'));
      subject.send(Buffer.alloc(100_000), t.callback('two'));
      subject.ping('three', undefined, t.callback('three'));
      await t.until('three called');
      raw.send(
        { opcode: OPCODE.TEXT, payload: 'a' },
        { opcode: OPCODE.PING, payload: 'b' },
        { opcode: OPCODE.BINARY, payload: 'c' },
      );
      await t.until('subject message', { count: 2 });
      await t.settle();
      subject.close(1000, 'bye');
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.close(1000);
      raw.socket.end();
      await t.until('subject close');
      await t.turn();
      t.properties(subject, ['_closeFrameSent', '_closeFrameReceived']);
    },
  })),
  ...['destroy', 'destroy with an error', 'end', 'other end'].map((end) => ({
    name: `over streams: ${end}`,
    roles: ROLES,
    async play(t) {
      const { subject, raw, stream } = await t.connectDuplex({
        watch: { markers: MARKERS },
      });
      subject.send('one', t.callback('one'));
      await t.until('one called');
      subject.pause();
      raw.text('while paused');
      await t.turn();
      t.properties(subject);
      if (end === 'destroy') stream.destroy();
      else if (end === 'end') stream.end();
      else if (end === 'other end') raw.socket.end();
      else stream.destroy(new Error('mine'));
      subject.send('late', t.callback('late'));
      await t.turn();
      subject.resume();
      await t.until('subject close');
      await t.until('late called');
      await t.turn();
    },
  })),
  {
    name: 'a stream that takes nothing',
    async play(t) {
      const waiting = [];
      let takes = false;
      const stream = new Duplex({
        read() {},
        write(chunk, encoding, callback) {
          if (takes) callback();
          else waiting.push(callback);
        },
      });
      const subject = make(t);
      subject.setSocket(stream, Buffer.alloc(0), {});
      subject.send('one', t.callback('one'));
      await t.turn();
      subject.send('two', t.callback('two'));
      await t.turn();
      t.note('buffered', subject.bufferedAmount);
      subject.close(1000);
      t.note('buffered', subject.bufferedAmount, subject._closeFrameSent);
      takes = true;
      for (const callback of waiting) callback();
      await t.until('two called');
      while (!subject._closeFrameSent) await t.turn();
      t.note('buffered', subject.bufferedAmount);
      subject.terminate();
      await t.until('subject close');
    },
  },
  {
    name: 'a write that fails',
    async play(t) {
      const stream = new Duplex({
        read() {},
        write(chunk, encoding, callback) {
          callback(new RangeError('no room'));
        },
      });
      const subject = make(t);
      subject.setSocket(stream, Buffer.alloc(0), {});
      subject.send('one', t.callback('one'));
      await t.until('subject close');
      t.properties(subject, ['_closeCode', 'readyState']);
    },
  },
];

function make(t, { watch } = {}) {
  const subject = new t.ws.WebSocket(null, undefined, { autoPong: true });
  subject._isServer = false;
  return t.watch(subject, 'subject', watch);
}
