'use strict';

// Memory that is taken away, resized or shared while a call uses it: ArrayBuffers that are detached
// by structuredClone(), resizable ones, and SharedArrayBuffers that another thread writes to.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');
const { connect, connectRaw, testInRoles } = require('../support/connections');
const { OPCODE, buildFrame } = require('../support/frames');
const { runProgram } = require('../support/programs');
const {
  WebSocket,
  createWebSocketStream,
  isControl,
} = require('../support/subject');
const { closeOf, eventOf, messagesOf, within } = require('../support/waiting');

const { PerMessageDeflate, Receiver, Sender } = WebSocket;

const COMPRESSED = { perMessageDeflate: { threshold: 0 } };
const SIZES = [10, 1000, 20_000, 300_000];

const isResizable = 'resize' in ArrayBuffer.prototype;

/** Each makes memory, and says what is there once it has been changed. */
const CHANGES = {
  'a Buffer that was detached'(size) {
    const buffer = Buffer.from(new ArrayBuffer(size));
    detach(buffer.buffer);
    return { data: buffer, rest: 0 };
  },
  'a view of memory that was taken back to half'(size) {
    const memory = resizable(size);
    const bytes = new Uint8Array(memory);
    memory.resize(size / 2);
    return { data: bytes, rest: size / 2 };
  },
  'a Buffer that ends behind its memory'(size) {
    const memory = resizable(size);
    const buffer = Buffer.from(memory, 2, size - 2);
    memory.resize(size / 2);
    return { data: buffer, rest: 0 };
  },
  'a view of memory that has grown'(size) {
    const memory = resizable(size);
    const bytes = new Uint8Array(memory);
    memory.resize(size * 2);
    return { data: bytes, rest: size * 2 };
  },
};

for (const [what, change] of Object.entries(CHANGES)) {
  for (const options of [{}, COMPRESSED]) {
    const how = options === COMPRESSED ? ', compressed' : '';

    testInRoles(
      `${what} is sent as far as it is there${how}`,
      async (t, role) => {
        if (!isResizable) return;
        const { subject, peer } = await connect(t, role, {
          subject: options,
          peer: options,
        });
        const received = messagesOf(peer, SIZES.length);
        const rests = SIZES.map((size) => {
          const { data, rest } = change(size);
          subject.send(data);
          return rest;
        });

        const messages = await received;

        assert.deepEqual(
          messages.map(({ data }) => data.length),
          rests,
        );
        assert.ok(messages.every(({ data }) => data.every((byte) => !byte)));
      },
    );
  }

  testInRoles(`${what} in a ping, a pong and a close`, async (t, role) => {
    if (!isResizable) return;
    const { subject, raw } = await connectRaw(t, role);
    const { rest } = change(50);

    subject.ping(change(50).data);
    subject.pong(change(50).data);
    subject.close(1000, change(50).data);

    const [ping, pong, close] = await raw.firstFrames(3);
    assert.deepEqual(ping.payload, Buffer.alloc(rest));
    assert.deepEqual(pong.payload, Buffer.alloc(rest));
    assert.deepEqual(close.payload.subarray(2), Buffer.alloc(rest));
    raw.close(1000);
    await closeOf(subject);
  });
}

for (const options of [{}, COMPRESSED]) {
  const how = options === COMPRESSED ? 'compressed' : 'as it is';

  testInRoles(
    `memory that is detached after send() is sent as it was, ${how}`,
    async (t, role) => {
      const { subject, peer } = await connect(t, role, {
        subject: options,
        peer: options,
      });
      const received = messagesOf(peer, 2 * SIZES.length);

      for (const size of SIZES) {
        const memory = new ArrayBuffer(size);
        const bytes = new Uint8Array(memory).fill(size % 251);
        subject.send(memory);
        subject.send(bytes);
        const [stolen] = [structuredClone(memory, { transfer: [memory] })];
        new Uint8Array(stolen).fill(255);
      }

      const messages = await received;
      messages.forEach(({ data }, i) => {
        const size = SIZES[i >> 1];
        assert.deepEqual(data, Buffer.alloc(size, size % 251));
      });
    },
  );

  testInRoles(
    `memory that changes between two sends of a broadcast, ${how}`,
    async (t, role) => {
      const ends = [];
      for (let i = 0; i < 4; i++) {
        ends.push(await connect(t, role, { subject: options, peer: options }));
      }
      const memory = Buffer.alloc(10_000, 'a');
      const received = ends.map(({ peer }) => messagesOf(peer, 2));

      // The same beginning, middle and end.
      for (const [i, { subject }] of ends.entries()) {
        memory[1000] = i;
        subject.send(memory);
      }
      const gone = new Uint8Array(10_000);
      for (const [i, { subject }] of ends.entries()) {
        if (i === 2) detach(gone.buffer);
        subject.send(i < 2 ? gone : Buffer.from('gone'));
      }

      for (const [i, messages] of (await Promise.all(received)).entries()) {
        assert.equal(messages[0].data[1000], i);
        assert.equal(messages[1].data.length, i < 2 ? 10_000 : 4);
      }
    },
  );
}

testInRoles(
  'memory that a stream was given is sent as it is when it is written',
  async (t, role) => {
    if (!isResizable) return;
    const { subject, peer } = await connect(t, role);
    const stream = createWebSocketStream(subject);
    stream.on('error', () => {});
    const received = messagesOf(peer, 3);
    const memory = resizable(1000);
    const gone = new ArrayBuffer(1000);
    const given = [Buffer.from(memory), Buffer.from(gone), Buffer.from('last')];

    stream.cork();
    for (const view of given) stream.write(view);
    memory.resize(300);
    detach(gone);
    // Of the first there is nothing left up to Node 20, and 300 bytes since.
    const left = given.map((view) => view.length);
    stream.uncork();

    const lengths = (await received).map(({ data }) => data.length);
    assert.deepEqual(lengths, left);
  },
);

test('an ArrayBuffer that is detached cannot be sent', async (t) => {
  const { subject, peer } = await connect(t, 'server');
  const received = messagesOf(peer, 1);
  const memory = new ArrayBuffer(8);
  const words = new Uint16Array(memory);
  detach(memory);

  for (const method of ['send', 'ping', 'pong']) {
    assert.throws(() => subject[method](memory), TypeError);
    assert.throws(() => subject[method](words), TypeError);
  }

  subject.send('last');
  assert.equal(`${(await received)[0].data}`, 'last');
});

testInRoles('listeners may detach what they are given', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const lengths = { message: [], ping: [], pong: [] };
  for (const event of Object.keys(lengths)) {
    subject.on(event, (data) => {
      lengths[event].push(data.length);
      // What others share cannot be: that is an error of who tries.
      try {
        detach(data.buffer);
      } catch (error) {
        assert.equal(error.name, 'DataCloneError');
      }
    });
  }

  // One at a time: detaching also takes what `ws` has read together with it.
  for (const size of [1, 100, 5000, 70_000, 1_000_000]) {
    const seen = [eventOf(subject, 'message'), eventOf(subject, 'ping')];
    raw.send({ opcode: OPCODE.BINARY, payload: Buffer.alloc(size) });
    await seen[0];
    raw.send({ opcode: OPCODE.PING, payload: 'ping' });
    await seen[1];
    const pong = eventOf(subject, 'pong');
    raw.send({ opcode: OPCODE.PONG, payload: 'pong' });
    await pong;
  }

  assert.deepEqual(lengths, {
    message: [1, 100, 5000, 70_000, 1_000_000],
    ping: Array(5).fill(4),
    pong: Array(5).fill(4),
  });
});

for (const options of [{}, COMPRESSED]) {
  const how = options === COMPRESSED ? 'compressed' : 'as it is';

  testInRoles(
    `a listener that detaches what it is given takes nothing from the messages behind it, ${how}`,
    async (t, role) => {
      // There the rest of a read is lost, and zlib may end the process.
      if (isControl) return;

      for (const size of [10, 1000, 8000, 20_000, 100_000]) {
        const { subject, peer } = await connect(t, role, {
          subject: options,
          peer: options,
        });
        const sent = Array.from({ length: 8 }, (_, i) => Buffer.alloc(size, i));
        const heard = [];
        const done = eventOf(subject, 'close');

        subject.on('message', (data) => {
          heard.push(Buffer.from(new Uint8Array(data)));
          try {
            detach(data.buffer);
          } catch (error) {
            assert.equal(error.name, 'DataCloneError');
          }
        });

        // In few segments.
        peer._socket.cork();
        for (const data of sent) peer.send(data);
        peer.close();
        peer._socket.uncork();
        await done;
        assert.deepEqual(heard, sent);
      }
    },
  );
}

test('a Receiver whose listener detaches its chunk does not touch that again', async (t) => {
  const { code, stdout, stderr } = await runProgram(t, 'detached-chunk').ended;

  assert.equal(code, 0, stderr);
  // What has not been given yet is gone with the chunk, or was copied before.
  const { first, lengths, strange } = JSON.parse(stdout);
  assert.deepEqual(first, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  assert.ok(lengths.every((length) => length <= 4));
  assert.deepEqual(strange, []);
});

test('a Receiver is given memory that is gone, or too short', async () => {
  if (!isResizable) return;
  for (const change of Object.values(CHANGES)) {
    const receiver = new Receiver({ isServer: true });
    receiver.on('error', () => {});
    const messages = [];
    receiver.on('message', (data) => messages.push(data.length));

    receiver.write(change(1000).data);
    await new Promise(setImmediate);

    assert.deepEqual(messages, []);
  }
});

test('a PerMessageDeflate is given memory that goes away meanwhile', async () => {
  if (!isResizable) return;
  for (const method of ['compress', 'decompress']) {
    const extension = new PerMessageDeflate({ threshold: 0, isServer: true });
    extension.accept([{}]);

    const data = Buffer.from(new ArrayBuffer(10_000));
    const result = new Promise((resolve) => {
      extension[method](data, true, (error, bytes) =>
        resolve({ error, bytes }),
      );
    });
    detach(data.buffer);

    const { error, bytes } = await within(result, 'no result');
    assert.ok(error || bytes.length >= 0);
    extension.cleanup();
  }
});

test('Sender.frame() masks memory that is gone, or too short', () => {
  if (!isResizable) return;
  for (const change of Object.values(CHANGES)) {
    const { data, rest } = change(1000);
    const list = Sender.frame(data, {
      fin: true,
      mask: true,
      opcode: OPCODE.BINARY,
      readOnly: true,
    });
    const length = list.reduce((sum, part) => sum + part.length, 0);
    assert.equal(length, rest + (rest === 0 ? 6 : 8));
  }
});

for (const options of [{}, COMPRESSED]) {
  const how = options === COMPRESSED ? 'compressed' : 'as it is';

  testInRoles(
    `memory that another thread writes to meanwhile is sent whole, ${how}`,
    async (t, role) => {
      const { subject, peer } = await connect(t, role, {
        subject: options,
        peer: options,
      });
      const memory = new SharedArrayBuffer(200_000);
      const worker = new Worker(
        `const { workerData } = require('node:worker_threads');
         const bytes = new Uint8Array(workerData);
         require('node:worker_threads').parentPort.postMessage(0);
         for (let i = 0; ; i++) bytes[(i * 7919) % bytes.length] = i;`,
        { eval: true, workerData: memory },
      );
      t.after(() => worker.terminate());
      await eventOf(worker, 'message');
      const received = messagesOf(peer, 60);

      for (let i = 0; i < 20; i++) {
        subject.send(memory);
        subject.send(new Uint8Array(memory, 100, 50_000));
        subject.send(Buffer.from(memory, 1, 999));
        subject.ping(new Uint8Array(memory, i, 100));
        await new Promise(setImmediate);
      }

      const lengths = (await received).map(({ data }) => data.length);
      assert.deepEqual(lengths, Array(20).fill([200_000, 50_000, 999]).flat());
    },
  );
}

test('a Receiver decodes memory that another thread writes to', async (t) => {
  const frames = Buffer.concat(
    Array.from({ length: 2000 }, (_, i) =>
      buildFrame({
        opcode: OPCODE.TEXT,
        payload: 'é'.repeat(i % 60),
        mask: true,
      }),
    ),
  );
  const memory = new SharedArrayBuffer(frames.length);
  const worker = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads');
     const bytes = new Uint8Array(workerData);
     parentPort.postMessage(0);
     for (let i = 0; ; i++) bytes[(i * 7919) % bytes.length] = i;`,
    { eval: true, workerData: memory },
  );
  t.after(() => worker.terminate());
  await eventOf(worker, 'message');
  let ends = 0;

  for (let round = 0; round < 50; round++) {
    const receiver = new Receiver({ isServer: true, maxPayload: 1000 });
    receiver.on('error', () => ends++);
    receiver.on('conclude', () => ends++);
    receiver.on('message', (data) => assert.ok(data.length <= 1000));
    const bytes = Buffer.from(memory);
    bytes.set(frames);
    receiver.write(bytes);
    await new Promise(setImmediate);
  }

  // Nearly always something is wrong with what was read.
  assert.ok(ends >= 0);
});

/** Memory that may be resized, up to twice its size. */
function resizable(size) {
  return new ArrayBuffer(size, { maxByteLength: 2 * size });
}

/** Takes the memory of an ArrayBuffer away. */
function detach(memory) {
  structuredClone(memory, { transfer: [memory] });
}
