'use strict';

const FLAGS = [
  {},
  { fin: true },
  { rsv1: true },
  { fin: true, rsv1: true },
  { fin: 0, rsv1: '' },
  { fin: 'yes', rsv1: {} },
];

const DATA = {
  'an empty Buffer': () => Buffer.alloc(0),
  'a Buffer': () => Buffer.from('payload'),
  'a long Buffer': () => Buffer.alloc(300, 'long'),
  'a Buffer of 65535 bytes': () => Buffer.alloc(65535, 'a'),
  'a Buffer of 65536 bytes': () => Buffer.alloc(65536, 'b'),
  'a Uint8Array': () => new Uint8Array([1, 2, 3]),
  'an empty string': () => '',
  'a string': () => 'payload €',
  'a long string': () => '€'.repeat(100),
};

const MASKING = {
  'no mask': {},
  'a mask': { mask: true, generateMask: count },
  'a mask for what must not change': {
    mask: true,
    generateMask: count,
    readOnly: true,
  },
  'a mask of zeros': { mask: true, generateMask: (key) => key.fill(0) },
  'a mask of zeros for what must not change': {
    mask: true,
    generateMask: (key) => key.fill(0),
    readOnly: true,
  },
  'a mask with one byte': {
    mask: true,
    generateMask: (key) => key.fill(0).writeUInt8(7, 2),
    readOnly: true,
  },
  'a generator without a mask': { mask: false, generateMask: count },
  'what must not change': { readOnly: true },
};

module.exports = [
  ...Object.entries(DATA).map(([title, make]) => ({
    name: `a frame of ${title}`,
    async play(t) {
      for (const [masking, options] of Object.entries(MASKING)) {
        const data = make();
        const list = t.call(masking, () =>
          t.ws.Sender.frame(data, { fin: true, opcode: 2, ...options }),
        );
        t.note('data afterwards', data);
        t.note('the same', list.length > 1 && list[1] === data);
        t.note('bytes', Buffer.concat(list.map((part) => Buffer.from(part))));
      }
    },
  })),
  {
    name: 'the flags and opcodes of frames',
    async play(t) {
      for (const opcode of [0, 1, 2, 8, 9, 10, 3, 15]) {
        for (const flags of FLAGS) {
          const frame = () =>
            t.ws.Sender.frame(Buffer.from('x'), { opcode, ...flags });
          t.call(`opcode ${opcode} ${JSON.stringify(flags)}`, frame);
        }
      }
    },
  },
  {
    name: 'the buffer for the key',
    async play(t) {
      const maskBuffer = Buffer.alloc(4);
      const seen = new Set();
      const frame = (options) =>
        t.ws.Sender.frame(Buffer.from('x'), {
          fin: true,
          opcode: 1,
          mask: true,
          generateMask(key) {
            seen.add(key);
            t.note('given', key === maskBuffer, key.length);
            key.writeUInt32BE(0x01020304);
          },
          ...options,
        });
      t.note('frame', frame({ maskBuffer }));
      t.note('buffer', maskBuffer);
      t.note('frame', frame());
      t.note('frame', frame());
      t.note('buffers', seen.size);
    },
  },
  {
    name: 'a random key is put into the buffer for it',
    async play(t) {
      const maskBuffer = Buffer.alloc(4);
      const [frame] = t.ws.Sender.frame(Buffer.from('abc'), {
        fin: true,
        opcode: 1,
        mask: true,
        maskBuffer,
        readOnly: true,
      });
      t.note('length', frame.length, frame[0], frame[1]);
      t.note('its key', frame.subarray(2, 6).equals(maskBuffer));
      const clear = Buffer.from('abc').map((byte, i) => byte ^ frame[2 + i]);
      t.note('masked with it', frame.subarray(6).equals(clear));
    },
  },
  {
    name: 'random keys differ from each other',
    async play(t) {
      const keys = new Set();
      for (let i = 0; i < 3000; i++) {
        const [frame] = t.ws.Sender.frame('', { opcode: 1, mask: true });
        keys.add(frame.readUInt32BE(2));
      }
      t.note('different', keys.size > 2990);
    },
  },
];

function count(key) {
  key.set([1, 2, 3, 4]);
}
