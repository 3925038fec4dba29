'use strict';

// Arguments that are not what they seem: Buffers that lie about their length, proxies, classes that
// extend Buffer, and getters that throw or call the API again.

const assert = require('node:assert/strict');
const { connect, connectRaw, testInRoles } = require('../support/connections');
const { OPCODE } = require('../support/frames');
const { WebSocket, isControl } = require('../support/subject');
const { closeOf, messagesOf } = require('../support/waiting');

const { Sender } = WebSocket;

const SECRET = 'secret of somebody else';

const COMPRESSED = { perMessageDeflate: { threshold: 0 } };

// With `ws` the header says what the Buffer does, and frames are no longer where they seem.
if (!isControl) {
  for (const options of [{}, COMPRESSED]) {
    const how = options === COMPRESSED ? ', compressed' : '';

    testInRoles(
      `a Buffer that lies about its length is sent as it is${how}`,
      async (t, role) => {
        const { subject, peer } = await connect(t, role, {
          subject: options,
          peer: options,
        });
        const sizes = [5, 200, 3000, 70_000];
        const lies = [0, 4, 100, 1000, 2047, 2048, 5000, 65_536, 200_000];
        const received = messagesOf(peer, sizes.length * lies.length);
        leaveSecrets();

        for (const size of sizes) {
          for (const lie of lies) {
            subject.send(liar(Buffer.alloc(size, 'x'), lie));
          }
        }

        const messages = await received;
        assert.deepEqual(
          messages.map(({ data }) => data.length),
          sizes.flatMap((size) => lies.map(() => size)),
        );
        assert.ok(messages.every(({ data }) => /^x+$/.test(data)));
      },
    );
  }

  testInRoles(
    'nor does one that lies get past the limit of control frames',
    async (t, role) => {
      const { subject, raw } = await connectRaw(t, role);
      leaveSecrets();

      for (const method of ['ping', 'pong']) {
        const tooLong = liar(Buffer.alloc(126), 1);
        assert.throws(() => subject[method](tooLong), RangeError);
        subject[method](liar(Buffer.alloc(3), 125));
      }

      const frames = await raw.firstFrames(2);
      for (const { payload } of frames) {
        assert.deepEqual(payload, Buffer.alloc(3));
      }
    },
  );

  testInRoles(
    'a close reason that lies about its length brings no other memory',
    async (t, role) => {
      const { subject, raw } = await connectRaw(t, role);
      leaveSecrets();
      const reason = Buffer.from('reason');
      Object.defineProperty(reason, 'byteLength', { value: 100 });

      subject.close(1000, liar(reason, 100));

      const [{ payload }] = await raw.firstFrames(1);
      assert.match(payload.toString('latin1', 2), /^reason\0*$/);
      raw.close(1000);
      await closeOf(subject);
    },
  );
}

testInRoles('what only looks like a Buffer is refused', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const impostors = [
    Object.create(Buffer.prototype),
    Object.create(Uint8Array.prototype),
    new Proxy(Buffer.alloc(3), {}),
    new Proxy(new Uint8Array(3), {}),
  ];

  for (const method of ['send', 'ping', 'pong']) {
    for (const impostor of impostors) {
      assert.throws(() => subject[method](impostor), TypeError);
    }
  }
  for (const impostor of impostors) {
    try {
      subject.close(1000, impostor);
    } catch (error) {
      assert.ok(error instanceof TypeError);
    }
    if (subject.readyState !== WebSocket.OPEN) break;
  }

  raw.close(1000);
  await closeOf(subject);
  for (const { payload } of raw.frames) assert.ok(payload.length <= 5);
});

testInRoles(
  'classes that extend Buffer and typed arrays are sent by what they view',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    class Bytes extends Uint8Array {
      get byteLength() {
        return super.byteLength;
      }
      toString() {
        throw new Error('nobody asks');
      }
      valueOf() {
        throw new Error('nobody asks');
      }
    }
    const extended = Object.setPrototypeOf(
      Buffer.from('buffer'),
      class extends Buffer {}.prototype,
    );
    const values = [
      extended,
      Bytes.from([1, 2, 3]),
      new Float64Array([1.5]),
      new DataView(new ArrayBuffer(8), 2, 3),
      new Uint8ClampedArray([7]),
      new BigInt64Array(2),
    ];
    const received = messagesOf(peer, values.length);

    for (const value of values) subject.send(value);

    const messages = await received;
    assert.deepEqual(
      messages.map(({ data }) => data),
      values.map(({ buffer, byteOffset, byteLength }) =>
        Buffer.from(Buffer.from(buffer, byteOffset, byteLength)),
      ),
    );
  },
);

testInRoles(
  'an exception of a getter or a conversion comes out of the call, and no more',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const thrown = new Error('thrown by a getter');
    const thrower = () => {
      throw thrown;
    };
    const evil = (name) => Object.defineProperty({}, name, { get: thrower });

    for (const method of ['send', 'ping', 'pong']) {
      for (const value of [
        { valueOf: thrower },
        { [Symbol.toPrimitive]: thrower },
        evil('length'),
        Object.defineProperty({ length: 2 }, 1, { get: thrower }),
        new Proxy([], { get: thrower }),
      ]) {
        assert.throws(() => subject[method](value), thrown);
      }
    }
    for (const name of ['binary', 'compress', 'fin', 'mask']) {
      const options = Object.defineProperty({}, name, {
        enumerable: true,
        get: thrower,
      });
      assert.throws(() => subject.send('data', options), thrown);
    }
    assert.throws(() => subject.close(1000, evil('length')), thrown);
    assert.throws(
      () => subject.close({ valueOf: thrower }, 'reason'),
      TypeError,
    );

    subject.send('last');
    const [frame] = await raw.firstFrames(1);
    assert.equal(frame.payload.toString(), 'last');
    assert.equal(subject.readyState, WebSocket.OPEN);
  },
);

/** What a getter may do to the WebSocket whose method asked for the value. */
const DEEDS = {
  send: (subject) => subject.send('within'),
  ping: (subject) => subject.ping('within'),
  pause: (subject) => subject.pause(),
  close: (subject) => subject.close(1000),
  terminate: (subject) => subject.terminate(),
  'socket.destroy': (subject) => subject._socket.destroy(),
  'socket.end': (subject) => subject._socket.end(),
};

for (const [deed, act] of Object.entries(DEEDS)) {
  testInRoles(
    `a getter calls ${deed}() within send(), ping() and close()`,
    async (t, role) => {
      for (const call of [
        (subject, value) => subject.send(value, { compress: true }),
        (subject, value) => subject.send('data', value),
        (subject, value) => subject.ping(value),
        (subject, value) => subject.pong(value),
        (subject, value) => subject.close(1000, value),
      ]) {
        const { subject, raw } = await connectRaw(t, role, {
          subject: COMPRESSED,
        });
        const closed = closeOf(subject);
        let acted = 0;
        const value = {
          length: 3,
          get 0() {
            acted++;
            act(subject);
            return 65;
          },
          get mask() {
            acted++;
            act(subject);
            return subject._isServer === false;
          },
        };

        try {
          call(subject, value);
        } catch (error) {
          assert.ok(error instanceof TypeError, error);
        }

        assert.ok(acted <= 2);
        subject.resume();
        if (subject.readyState === WebSocket.OPEN) subject.close(1001);
        raw.close(1000);
        raw.socket.end();
        await closed;
        await raw.end();
        assert.ok(
          raw.frames.every(({ opcode }) =>
            Object.values(OPCODE).includes(opcode),
          ),
        );
      }
    },
  );
}

testInRoles(
  'generateMask may throw, or call the API again',
  async (t) => {
    let deed = () => {};
    const { subject, raw } = await connectRaw(t, 'client', {
      subject: {
        perMessageDeflate: false,
        generateMask: (mask) => deed(mask),
      },
    });
    const thrown = new Error('thrown by generateMask');

    deed = () => {
      throw thrown;
    };
    assert.throws(() => subject.send('never'), thrown);
    deed = (mask) => {
      deed = () => mask.fill(1);
      subject.send('within');
    };
    subject.send('after');
    subject.send('last');

    const frames = await raw.firstFrames(3);
    assert.deepEqual(
      frames.map(({ payload }) => payload.toString()),
      ['within', 'after', 'last'],
    );
  },
  ['client'],
);

testInRoles(
  'Sender.frame() of a Buffer that lies about its length',
  async () => {
    leaveSecrets();

    for (const mask of [false, true]) {
      const list = Sender.frame(liar(Buffer.alloc(5, 'x'), 100), {
        fin: true,
        mask,
        opcode: OPCODE.BINARY,
        readOnly: true,
      });
      // Node's `Buffer.from()` would believe it.
      const parts = list.map((part) =>
        Buffer.from(new Uint8Array(part).buffer),
      );
      assert.ok(!Buffer.concat(parts).includes(SECRET));
    }
  },
  ['server'],
);

/** A Buffer that says that its length is another. */
function liar(buffer, length) {
  return Object.defineProperty(buffer, 'length', { value: length });
}

/** Fills the pool from which Node takes Buffers with what must not be seen. */
function leaveSecrets() {
  for (let i = 0; i < 1000; i++) Buffer.allocUnsafe(2000).fill(SECRET);
}
