'use strict';

const zlib = require('node:zlib');

const TRAILER = Buffer.from([0, 0, 0xff, 0xff]);
const WORDS = 'what is said twice is said for nothing, what is said twice';

module.exports = [
  ...[true, false].map((isServer) => ({
    name: `messages go there and back, from a ${isServer ? 'server' : 'client'}`,
    async play(t) {
      const [one, other] = pair(t, { isServer });
      for (const text of ['one', '', WORDS, WORDS, 'x'.repeat(100_000), 'é']) {
        await there(t, one, other, Buffer.from(text));
      }
      await there(t, one, other, WORDS);
      await there(t, other, one, Buffer.from('and back'));
    },
  })),
  {
    name: 'fragments of a message share what came before',
    async play(t) {
      const [one, other] = pair(t);
      const ends = [];
      for (const [text, fin] of [
        ['one ', false],
        ['', false],
        ['two ', false],
        ['three', true],
        ['', true],
        ['next', true],
      ]) {
        const bytes = await compress(t, one, Buffer.from(text), fin);
        if (text) ends.push(bytes.subarray(-4).equals(TRAILER));
        await decompress(t, other, bytes, fin);
      }
      t.note('with a trailer', ends);
    },
  },
  ...[{}, { [`server_no_context_takeover`]: [true] }].map((params) => ({
    name: `a context ${params.server_no_context_takeover ? 'is not' : 'is'} taken over`,
    async play(t) {
      const [one, other] = pair(t, { isServer: true }, params);
      const first = await compress(t, one, Buffer.from(WORDS), true);
      const second = await compress(t, one, Buffer.from(WORDS), true);
      t.note('the same bytes', first.equals(second));
      t.note('fewer', second.length < first.length / 2);
      await decompress(t, other, first, true);
      await decompress(t, other, second, true);
    },
  })),
  ...[9, 10, 12, 15].map((bits) => ({
    name: `a window of ${bits} bits`,
    async play(t) {
      const parameter = { server_max_window_bits: [String(bits)] };
      const [one, other] = pair(t, { isServer: true }, parameter);
      const far = Buffer.concat([
        Buffer.from(WORDS),
        noise(3000),
        Buffer.from(WORDS),
      ]);
      await there(t, one, other, far);
      const bytes = await compress(t, one, far, true);
      // With a window this small a standard inflater must do, too.
      const inflated = inflateWith(bytes, bits);
      t.note('inflates', inflated);
    },
  })),
  {
    name: 'a window of 8 bits is one of 9, as with zlib',
    async play(t) {
      const parameter = { server_max_window_bits: ['8'] };
      const [one, other] = pair(t, { isServer: true }, parameter);
      await there(t, one, other, Buffer.from(WORDS.repeat(20)));
    },
  },
  {
    name: 'calls are answered in their order, in a later turn',
    async play(t) {
      const [one] = pair(t);
      const done = new Promise((resolve) => {
        one.compress(Buffer.from('a'), true, t.callback('one'));
        one.compress(Buffer.from('b'), true, t.callback('two', resolve));
      });
      t.note('called');
      await done;
    },
  },
  ...Object.entries({
    'an unknown block type': Buffer.from([0xff, 0xff]),
    'a stored block with a wrong length': Buffer.from([0, 5, 0, 1, 2, 3]),
    'a distance that is too far': Buffer.from('4b04f2', 'hex'),
    'text that is no deflate': Buffer.from('no deflate data at all'),
  }).map(([title, bytes]) => ({
    name: `what cannot be inflated: ${title}`,
    async play(t) {
      const [, other] = pair(t);
      const error = await new Promise((resolve) => {
        other.decompress(bytes, true, (failure, data) => {
          t.note('data', data);
          resolve(failure);
        });
      });
      t.note('error', error?.constructor.name, error?.code, error?.errno);
      const [one] = pair(t);
      const good = await compress(t, one, Buffer.from('good'), true);
      await decompress(t, other, good, true);
    },
  })),
  ...[0, 9, 10, 100].map((maxPayload) => ({
    name: `ten bytes with a maxPayload of ${maxPayload}`,
    async play(t) {
      const [one, other] = pair(t, { maxPayload });
      const bytes = await compress(t, one, Buffer.from('0123456789'), true);
      await decompress(t, other, bytes, true);
      const again = await compress(t, one, Buffer.from('xyz'), true);
      const fresh = pair(t)[0];
      const alone = await compress(t, fresh, Buffer.from('xyz'), true);
      await decompress(t, other, maxPayload === 9 ? alone : again, true);
    },
  })),
  {
    name: 'each fragment may have maxPayload bytes',
    async play(t) {
      const [one, other] = pair(t, { maxPayload: 10 });
      for (const [text, fin] of [
        ['0123456789', false],
        ['0123456789', true],
      ]) {
        const bytes = await compress(t, one, Buffer.from(text), fin);
        await decompress(t, other, bytes, fin);
      }
    },
  },
  {
    name: 'a stream that ends itself is followed by a new one',
    async play(t) {
      const [, other] = pair(t);
      const ended = zlib.deflateRawSync(WORDS);
      await decompress(t, other, ended, true);
      const next = zlib.deflateRawSync('next', {
        finishFlush: zlib.constants.Z_SYNC_FLUSH,
      });
      await decompress(t, other, next.subarray(0, -4), true);
    },
  },
  {
    name: 'cleanup() while something is compressed',
    async play(t) {
      const [one] = pair(t);
      one.compress(Buffer.from('x'), true, (error) => {
        t.note('compressed called', error);
      });
      t.call('cleanup', () => one.cleanup());
      t.call('again', () => one.cleanup());
      t.properties(one, ['_deflate', '_inflate']);
      await t.until('compressed called');
    },
  },
  {
    name: 'cleanup() in between, and on what was never used',
    async play(t) {
      const [one, other] = pair(t);
      t.call('unused', () => one.cleanup());
      await there(t, one, other, Buffer.from('first'));
      one.cleanup();
      other.cleanup();
      await there(t, one, other, Buffer.from('second'));
      t.note('has', one._deflate === null, other._inflate === null);
    },
  },
  {
    name: 'levels and strategies',
    async play(t) {
      const { Z_BEST_SPEED, Z_HUFFMAN_ONLY, Z_FIXED } = zlib.constants;
      const all = [
        { level: 0 },
        { level: Z_BEST_SPEED },
        { level: 9, memLevel: 1 },
        { level: -1, memLevel: 9 },
        { strategy: Z_HUFFMAN_ONLY },
        { strategy: Z_FIXED, chunkSize: 64 },
        { windowBits: 9 },
        {},
        undefined,
      ];
      for (const zlibDeflateOptions of all) {
        const [one, other] = pair(t, { zlibDeflateOptions });
        const bytes = await compress(t, one, Buffer.from(WORDS), true);
        t.note('is smaller', bytes.length < WORDS.length);
        await decompress(t, other, bytes, true);
      }
    },
  },
  {
    name: 'options of zlib that are out of range',
    async play(t) {
      for (const zlibDeflateOptions of [
        { level: 10 },
        { memLevel: 0 },
        { strategy: 9 },
        { chunkSize: 1 },
      ]) {
        const [one] = pair(t, { zlibDeflateOptions });
        t.call('compress', () =>
          one._compress(Buffer.from('x'), true, () => {}),
        );
      }
    },
  },
];

/** One that compresses and one that undoes it. */
function pair(t, options = {}, params = {}) {
  return [options.isServer ?? true, !(options.isServer ?? true)].map(
    (isServer) => {
      const extension = new t.ws.PerMessageDeflate({ ...options, isServer });
      extension.accept([structuredClone(params)]);
      t.after(() => extension.cleanup());
      return extension;
    },
  );
}

async function there(t, from, to, data) {
  const bytes = await compress(t, from, data, true);
  await decompress(t, to, bytes, true);
}

function compress(t, extension, data, fin) {
  return new Promise((resolve) => {
    extension.compress(data, fin, (error, bytes) => {
      t.note('compressed', error, Buffer.isBuffer(bytes));
      resolve(bytes);
    });
  });
}

function decompress(t, extension, bytes, fin) {
  return new Promise((resolve) => {
    extension.decompress(bytes, fin, (error, data) => {
      t.note('decompressed', error, data);
      resolve();
    });
  });
}

function inflateWith(bytes, windowBits) {
  try {
    return zlib.inflateRawSync(Buffer.concat([bytes, TRAILER]), {
      windowBits,
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
    });
  } catch (error) {
    return error.code;
  }
}

/** Bytes that do not compress, the same each time. */
function noise(length) {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (state * 1103515245 + 12345) % 2147483648;
    bytes[i] = state >> 16;
  }
  return bytes;
}
