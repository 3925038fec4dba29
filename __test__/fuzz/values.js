'use strict';

const { Readable } = require('node:stream');

/** Thrown by what the fuzzer passes in and listens with: the library lets it through. */
class Hostile extends Error {
  constructor(where) {
    super(`hostile ${where}`);
    this.name = 'Hostile';
  }
}

class OddBuffer extends Uint8Array {
  static get [Symbol.species]() {
    return Array;
  }

  get length() {
    return 2 ** 31;
  }
}

/** A Proxy of which every trap throws. */
function throwingProxy(target) {
  const trap = () => {
    throw new Hostile('trap');
  };
  const traps = Object.getOwnPropertyNames(Reflect);
  return new Proxy(target, Object.fromEntries(traps.map((t) => [t, trap])));
}

/** A Proxy that lets everything through. */
function transparentProxy(target) {
  return new Proxy(target, {});
}

/** Memory whose bytes are gone. */
function detached(size) {
  const buffer = new ArrayBuffer(size);
  const view = new Uint8Array(buffer);
  structuredClone(buffer, { transfer: [buffer] });
  return view;
}

/** Makes values for the arguments of calls; `world` is for those that call back. */
class Values {
  /**
   * @param {import('../support/random').SeededRandom} random
   * @param {import('./world').World} world
   */
  constructor(random, world) {
    this.random = random;
    this.world = world;
  }

  /** One of several functions' results. */
  oneOf(...makers) {
    return makers[this.random.between(0, makers.length - 1)]();
  }

  pick(list) {
    return list[this.random.between(0, list.length - 1)];
  }

  chance(probability) {
    return this.random.chance(probability);
  }

  number() {
    return this.pick([
      ...[
        0, 1, 2, 3, 5, 8, 15, 16, 100, 125, 126, 1000, 1001, 1005, 1006, 3000,
      ],
      ...[4999, 5000, 65535, 65536, -1, -0, 0.5, 1e9, 2 ** 31, 2 ** 32],
      ...[2 ** 53, 1e300, NaN, Infinity, -Infinity],
    ]);
  }

  size() {
    const exponent = this.chance(0.05) ? 20 : 13;
    return this.random.between(0, 2 ** this.random.between(0, exponent));
  }

  text() {
    return this.oneOf(
      () => 'hello',
      () => '',
      () => 'x'.repeat(this.size()),
      () => 'ß水🍉'.repeat(this.random.between(0, 300)),
      () => '\ud800 alone',
      () => '\r\nX-Injected: yes\r\n\r\n',
      () => '\0',
      () => '__proto__',
    );
  }

  bytes() {
    const size = this.size();
    return this.oneOf(
      () => Buffer.alloc(size, 'a'),
      () => this.random.bytes(size),
      () => new Uint8Array(size),
      () => new ArrayBuffer(size),
      () => new Uint16Array(size >> 1),
      () => new DataView(new ArrayBuffer(size + 3), 1, size),
      () => Buffer.from(new SharedArrayBuffer(size)),
      () => Buffer.alloc(size, 'b').subarray(size >> 2),
    );
  }

  oddBytes() {
    return this.oneOf(
      () => detached(this.size()),
      () => detached(this.size()).buffer,
      () => new SharedArrayBuffer(this.size()),
      () => new OddBuffer(this.random.between(0, 100)),
      () => transparentProxy(Buffer.from('proxied')),
      () => throwingProxy(Buffer.from('proxied')),
      () => Object.create(Buffer.from('inherits')),
      () => new Float64Array(4),
      () => new BigInt64Array(3),
      () => {
        const buffer = new ArrayBuffer(64, { maxByteLength: 1024 });
        const view = new Uint8Array(buffer);
        this.world.later(() => buffer.resize(this.random.between(0, 1024)));
        return view;
      },
      () => {
        const buffer = new ArrayBuffer(64, { maxByteLength: 1024 });
        const view = new Uint8Array(buffer, 32, 16);
        buffer.resize(8);
        return view;
      },
      () => new Blob(['a', 'blob'.repeat(this.random.between(0, 2000))]),
    );
  }

  /** What nobody should pass in. */
  odd() {
    return this.oneOf(
      () => undefined,
      () => null,
      () => this.number(),
      () => true,
      () => false,
      () => 10n,
      () => Symbol('odd'),
      () => () => {},
      () => ({}),
      () => [],
      () => [1, 2, 300, -1, 'x', {}],
      () => ({ length: this.random.between(0, 1000) }),
      () => ({ length: -1 }),
      () => new Date(0),
      () => /odd/g,
      () => new Map([[1, 2]]),
      () => Object.create(null),
      () => new String('boxed'),
      () => Readable.from(['stream']),
      () => throwingProxy({}),
      () => throwingProxy(() => {}),
      () => ({
        toString() {
          throw new Hostile('toString');
        },
      }),
      () => ({ valueOf: () => this.world.reenter(), toString: () => 'v' }),
      () => ({ [Symbol.toPrimitive]: () => this.number() }),
      () => ({ toJSON: () => this.world.reenter() }),
    );
  }

  /** The same, but nothing that cannot be made a number: that would come out late, in `ws` as well. */
  oddPrimitive() {
    return this.pick([
      undefined,
      null,
      true,
      false,
      '',
      '1',
      'x',
      this.number(),
    ]);
  }

  data() {
    return this.oneOf(
      () => this.text(),
      () => this.text(),
      () => this.bytes(),
      () => this.bytes(),
      () => this.oddBytes(),
      () => this.odd(),
    );
  }

  callback() {
    return this.oneOf(
      () => undefined,
      () => () => {},
      () => this.world.counted(),
      () => () => this.world.reenter(),
      () => () => {
        throw new Hostile('callback');
      },
      () => (this.chance(0.2) ? this.odd() : undefined),
    );
  }

  /**
   * Options, some of them as they should be, some not.
   *
   * @param {Record<string, () => any>} known a good value for each
   */
  options(known) {
    if (this.chance(0.03)) return this.odd();
    const options = {};
    for (const [name, make] of Object.entries(known)) {
      if (!this.chance(0.3)) continue;
      const good = make();
      const isOdd = typeof good !== 'function' && this.chance(0.08);
      const value = isOdd ? this.oddPrimitive() : good;
      if (this.chance(0.03)) {
        Object.defineProperty(options, name, {
          enumerable: true,
          get: () => {
            if (this.chance(0.2)) throw new Hostile('getter');
            this.world.reenter();
            return value;
          },
        });
      } else {
        options[name] = value;
      }
    }
    return this.chance(0.03) ? transparentProxy(options) : options;
  }

  deflateOptions() {
    const bits = () => this.random.between(7, 16);
    return this.oneOf(
      () => true,
      () => false,
      () =>
        this.options({
          threshold: () => this.number(),
          serverNoContextTakeover: () => this.chance(0.5),
          clientNoContextTakeover: () => this.chance(0.5),
          serverMaxWindowBits: bits,
          clientMaxWindowBits: () => (this.chance(0.5) ? true : bits()),
          concurrencyLimit: () => this.number(),
          zlibDeflateOptions: () =>
            this.options({
              level: () => this.random.between(-2, 10),
              memLevel: () => this.random.between(0, 10),
              strategy: () => this.random.between(-1, 5),
              windowBits: bits,
              chunkSize: () => this.number(),
              dictionary: () => this.bytes(),
            }),
          zlibInflateOptions: () =>
            this.options({
              windowBits: bits,
              chunkSize: () => this.number(),
              dictionary: () => this.bytes(),
            }),
        }),
    );
  }

  /** Options that both ends have. */
  commonOptions() {
    return {
      allowSynchronousEvents: () => this.chance(0.5),
      autoPong: () => this.chance(0.5),
      closeTimeout: () => this.pick([0, 1, 5, 50, -1]),
      maxBufferedChunks: () => this.number(),
      maxFragments: () => this.number(),
      maxPayload: () => this.number(),
      maxPendingAutoPongs: () => this.number(),
      perMessageDeflate: () => this.deflateOptions(),
      skipUTF8Validation: () => this.chance(0.5),
    };
  }
}

module.exports = { Hostile, Values };
