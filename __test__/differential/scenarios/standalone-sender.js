'use strict';

const { Duplex } = require('node:stream');

const SENT = ['text', 'ping', 'pong', 'close'];
const FRAME = { fin: true, opcode: 2, rsv1: false, readOnly: true };

const PAYLOADS = {
  'a string': 'text €',
  'an empty string': '',
  'a string of 125 bytes': 'x'.repeat(125),
  'a string of 126 bytes': 'x'.repeat(126),
  'a Buffer': Buffer.from('buffer'),
  'an empty Buffer': Buffer.alloc(0),
  'a Buffer of 65535 bytes': Buffer.alloc(65535, 'x'),
  'a Buffer of 65536 bytes': Buffer.alloc(65536, 'y'),
  'a Uint8Array': new Uint8Array([1, 2, 3]),
  'a view': new DataView(new ArrayBuffer(8), 2, 3),
  'a Uint16Array': new Uint16Array([1, 2, 3]),
  'a Float64Array': new Float64Array([1]),
  'an ArrayBuffer': new Uint8Array([7, 8]).buffer,
  'an array': [1, 2, 300],
  'an object with valueOf()': { valueOf: () => 'valued' },
  'a String object': new String('object'),
  'an array-like object': { length: 2, 0: 1, 1: 2 },
  'the JSON of a Buffer': { type: 'Buffer', data: [1, 2] },
  'a number': 5,
  'an empty object': {},
  true: true,
  'a symbol': Symbol('s'),
  'a function': () => {},
  'a bigint': 5n,
};

/** What may stand in the place of an opcode, and does not belong there. */
const OPCODES = [
  ...[0, 15, 16, 0x20, 0x50, 0x7f, 0x80, 0xff, 256, 300, -1, 2.7, 2 ** 32 + 1],
  ...[NaN, Infinity, undefined, null, true, '2', '0x42', 'two', '', {}, [9]],
  ...[2n, Symbol('s'), { valueOf: () => 0x4a }, () => {}],
];

/** Where a key may be made. */
const PLACES = {
  'a Buffer': () => Buffer.alloc(4),
  'a longer Buffer': () => Buffer.alloc(6),
  'a shorter Buffer': () => Buffer.alloc(2),
  'a Uint8Array': () => new Uint8Array(4),
  'an array': () => [],
  'an object': () => ({}),
  none: () => null,
};

module.exports = [
  {
    name: 'frame() by its opcode',
    async play(t) {
      const { frame } = t.ws.Sender;
      for (const opcode of OPCODES) {
        for (const fin of [true, false]) {
          for (const rsv1 of [true, false]) {
            for (const data of ['', Buffer.from('x')]) {
              t.call('frame', () => frame(data, { opcode, fin, rsv1 }));
            }
          }
        }
      }
    },
  },
  {
    name: 'frame() by its options, which are not of their types',
    async play(t) {
      const { frame } = t.ws.Sender;
      const data = Buffer.from('data');
      for (const value of [undefined, null, 0, 1, '', 'no', NaN, {}, 1n]) {
        for (const name of ['fin', 'rsv1', 'mask', 'readOnly']) {
          const options = { ...FRAME, generateMask: zeroKey, [name]: value };
          t.call(name, () => frame(Buffer.from(data), options));
        }
      }
      t.call('none', () => frame(data, {}));
    },
  },
  {
    name: 'frame() by the place where its key is made',
    async play(t) {
      const { frame } = t.ws.Sender;
      const generateMask = (place) => {
        for (const i of [0, 1, 2, 3]) place[i] = 5 + i;
      };
      for (const [title, make] of Object.entries(PLACES)) {
        const maskBuffer = make();
        const options = { ...FRAME, mask: true, generateMask, maskBuffer };
        t.call(title, () => frame(Buffer.from('data'), options));
        t.note('place', maskBuffer);
        // A random key is where the frame has it, too.
        const random = make();
        const [bytes] = frame(Buffer.alloc(8), {
          ...FRAME,
          mask: true,
          maskBuffer: random,
        });
        const places = random ? [0, 1, 2, 3] : [];
        t.note(
          'random',
          places.every((i) => (random[i] ?? 0) === bytes[2 + i]),
          bytes.length,
        );
      }
    },
  },
  {
    name: 'frame() of what is no data',
    async play(t) {
      const { frame } = t.ws.Sender;
      const lengths = [0, 1, 125, 126, 65535, 65536, '3', NaN, null, undefined];
      for (const length of lengths) {
        t.call(`length ${length}`, () => frame({ length }, { opcode: 2 }));
      }
      for (const value of [
        5,
        true,
        5n,
        [],
        [1, 2],
        {},
        () => {},
        Symbol('s'),
      ]) {
        t.call('frame', () => frame(value, { opcode: 2 }));
      }
    },
  },
  ...Object.entries(PAYLOADS).map(([title, data]) => ({
    name: `send(), ping() and pong() of ${title}`,
    async play(t) {
      const { sender, flushed } = make(t);
      const fin = true;
      t.call('send', () => sender.send(data, { fin }, t.callback('sent')));
      t.call('binary', () => sender.send(data, { fin, binary: true }));
      t.call('mask', () => sender.send(data, { fin, mask: true }));
      t.call('ping', () => sender.ping(data, false, t.callback('pinged')));
      t.call('pong', () => sender.pong(data, true, t.callback('ponged')));
      await flushed();
    },
  })),
  ...Object.entries({ none: undefined, null: null }).map(([title, data]) => ({
    name: `data of ${title}`,
    async play(t) {
      const { sender, flushed } = make(t);
      noteClass(t, 'send', () => sender.send(data, { fin: true }));
      noteClass(t, 'ping', () => sender.ping(data));
      noteClass(t, 'pong', () => sender.pong(data));
      noteClass(t, 'no options', () => sender.send('x'));
      noteClass(t, 'null for options', () => sender.send('x', null));
      await flushed();
    },
  })),
  {
    name: 'a SharedArrayBuffer, not masked',
    async play(t) {
      const { sender, flushed } = make(t);
      const shared = new SharedArrayBuffer(3);
      t.call('send', () => sender.send(shared, { fin: true, binary: true }));
      t.call('ping', () => sender.ping(shared, false));
      await flushed();
    },
  },
  {
    name: 'close() by its arguments',
    async play(t) {
      const { sender, flushed } = make(t);
      t.call('nothing', () => sender.close());
      t.call('code', () => sender.close(1000, undefined, false));
      t.call('reason', () => sender.close(1001, 'why', true));
      t.call('callback', () =>
        sender.close(1002, Buffer.from('x'), false, t.callback('closed')),
      );
      t.call('bad code', () => sender.close(1005));
      t.call('bad reason', () => sender.close(1000, 'x'.repeat(124)));
      t.call('odd reason', () => sender.close(1000, [1]));
      t.call('after all', () => sender.send('still', { fin: true }));
      await flushed();
    },
  },
  {
    name: 'fragments, their opcodes and flags',
    async play(t) {
      const { sender, flushed } = make(t);
      const send = (data, options) => sender.send(data, options);
      send('one', { fin: false, binary: false });
      sender.ping('between', false);
      send('two', { fin: false, binary: true });
      send('three', { fin: true, binary: true });
      send('new', { fin: true, binary: true });
      send('neither final nor binary', {});
      send('the end of it', { fin: 1, binary: 1 });
      await flushed();
    },
  },
  {
    name: 'callbacks, in their order',
    async play(t) {
      const { sender, flushed } = make(t, { asynchronous: true });
      const fin = true;
      t.call('one', () => sender.send('one', { fin }, t.callback('one')));
      t.call('two', () => sender.ping('two', true, t.callback('two')));
      t.call('three', () =>
        sender.send(new Blob(['three']), { fin }, t.callback('three')),
      );
      t.call('four', () => sender.pong('four', true, t.callback('four')));
      t.call('five', () => sender.send('five', { fin }, t.callback('five')));
      await t.until('five called');
      t.call('six', () => sender.close(1000, '', false, t.callback('six')));
      await t.until('six called');
      await flushed();
    },
  },
  {
    name: 'generateMask makes the keys',
    async play(t) {
      let calls = 0;
      const { sender, flushed } = make(t, {
        generateMask(mask, ...more) {
          t.note('key for', mask.length, more.length);
          mask.fill(++calls);
          if (calls === 3) mask.fill(0);
        },
      });
      const options = { fin: true, mask: true };
      sender.send('one', options);
      sender.ping('two', true);
      sender.pong('without a mask', true);
      sender.close(1000, 'four', true);
      sender.send('no mask', { fin: true });
      sender.send(Buffer.alloc(30, 'x'), options);
      sender.send('', options);
      await flushed();
    },
  },
  {
    name: 'generateMask that throws',
    async play(t) {
      const { sender, flushed } = make(t, {
        generateMask() {
          throw new Error('no key');
        },
      });
      t.call('send', () => sender.send('x', { fin: true, mask: true }));
      t.call('ping', () => sender.ping('x', true));
      t.call('close', () => sender.close(1000, 'x', true));
      t.call('no mask', () => sender.send('x', { fin: true }));
      await flushed();
    },
  },
  {
    name: 'what was sent is not changed in the place where it was',
    async play(t) {
      const { sender } = make(t, { generateMask: (key) => key.fill(1) });
      for (const size of [3, 30, 300]) {
        const data = Buffer.alloc(size, 'x');
        const view = new Uint16Array(size);
        const list = [1, 2, 3];
        sender.send(data, { fin: true, mask: true });
        sender.send(view, { fin: true, mask: true });
        sender.send(list, { fin: true, mask: true });
        if (size < 126) sender.ping(data, true);
        t.note('afterwards', data, view, list);
      }
    },
  },
  {
    name: 'sendFrame() writes frames as they are',
    async play(t) {
      const { sender, flushed } = make(t);
      const { frame } = t.ws.Sender;
      const payload = Buffer.from('payload');
      sender.sendFrame(frame(payload, FRAME), t.callback('one'));
      sender.sendFrame([Buffer.from([0x89, 0])], t.callback('two'));
      sender.sendFrame(frame('', FRAME));
      sender.sendFrame([Buffer.from([0x81, 2]), 'hi'], t.callback('three'));
      await t.until('three called');
      await flushed();
    },
  },
  {
    name: 'a socket that is destroyed',
    async play(t) {
      const { sender, stream } = make(t);
      stream.destroy();
      t.call('send', () => sender.send('x', { fin: true }, t.callback('sent')));
      t.call('ping', () => sender.ping('x', false, t.callback('pinged')));
      t.call('blob', () =>
        sender.send(new Blob(['x']), { fin: true }, t.callback('blob')),
      );
      t.call('behind', () =>
        sender.send('y', { fin: true }, t.callback('behind')),
      );
      await t.until('behind called');
      t.properties(sender, ['_bufferedBytes', '_state']);
    },
  },
  {
    name: 'a Blob that cannot be read',
    async play(t) {
      const { sender } = make(t);
      sender.onerror = t.callback('onerror');
      const blob = new Blob(['data']);
      blob.arrayBuffer = () => Promise.reject(new TypeError('unreadable'));
      t.call('blob', () =>
        sender.send(blob, { fin: true }, t.callback('sent')),
      );
      t.call('behind', () =>
        sender.send('x', { fin: true }, t.callback('behind')),
      );
      await t.until('onerror called');
    },
  },
  {
    name: 'a Blob is too large for a ping',
    async play(t) {
      const { sender, flushed } = make(t);
      t.call('126', () => sender.ping(new Blob(['x'.repeat(126)]), false));
      t.call('125', () =>
        sender.pong(new Blob(['x'.repeat(125)]), false, t.callback('ponged')),
      );
      t.properties(sender, ['_bufferedBytes', '_state']);
      await t.until('ponged called');
      t.properties(sender, ['_bufferedBytes', '_state']);
      await flushed();
    },
  },
  {
    name: 'what a new sender has',
    async play(t) {
      const extensions = {};
      const stream = new Duplex();
      const sender = new t.ws.Sender(stream, extensions);
      t.properties(sender, ['_bufferedBytes', '_state', '_queue']);
      t.note('socket', sender._socket === stream);
      t.note('extensions', sender._extensions === extensions);
      t.note('onerror', typeof sender.onerror, sender.onerror());
      t.note('lengths', t.ws.Sender.length, t.ws.Sender.frame.length);
      for (const name of [...SENT.slice(1), 'send', 'sendFrame']) {
        t.note(name, typeof sender[name], sender[name].length);
      }
    },
  },
];

/** A sender on a stream, whose writes are noted. */
function make(t, { generateMask, asynchronous } = {}) {
  const written = [];
  const lane = t.lane('raw');
  const stream = new Duplex({
    read() {},
    write(chunk, encoding, callback) {
      written.push(chunk);
      if (asynchronous) setImmediate(callback);
      else callback();
    },
  });
  stream.on('error', () => {});
  t.after(() => stream.destroy());
  return {
    sender: new t.ws.Sender(stream, undefined, generateMask ?? zeroKey),
    stream,
    async flushed() {
      await t.turn();
      while (stream.writableLength > 0) await t.turn();
      lane.note('bytes', Buffer.concat(written));
    },
  };
}

function zeroKey(mask) {
  mask.set([5, 0, 5, 1]);
}

/** Where the message is the engine's, and quotes the source. */
function noteClass(t, label, action) {
  try {
    t.note(`${label} ->`, action());
  } catch (error) {
    t.note(`${label} threw a ${error.constructor.name}`);
  }
}
