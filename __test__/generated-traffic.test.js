'use strict';

const assert = require('node:assert/strict');
const fc = require('fast-check');
const { connect, connectRaw, testInRoles } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { eventOf, within } = require('./support/waiting');

const seed = Number(process.env.HAWSER_TEST_SEED ?? Date.now() & 0x7fffffff);
const LIMITS = {
  seed,
  numRuns: 60,
  interruptAfterTimeLimit: 8000,
  endOnFailure: true,
};

const anyText = fc.string({ unit: 'binary', maxLength: 300 });
const anyBytes = fc
  .uint8Array({ maxLength: 300 })
  .map((bytes) => Buffer.from(bytes));
const largeBytes = fc
  .integer({ min: 120, max: 70_000 })
  .map((size) => Buffer.alloc(size, 'large'));

const anyMessage = fc.oneof(
  {
    weight: 5,
    arbitrary: anyText.map((data) => ({
      data: Buffer.from(data),
      isBinary: false,
    })),
  },
  { weight: 5, arbitrary: anyBytes.map((data) => ({ data, isBinary: true })) },
  {
    weight: 1,
    arbitrary: largeBytes.map((data) => ({ data, isBinary: true })),
  },
);

testInRoles(
  `any frames in any chunks are understood (seed ${seed})`,
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { maxPendingAutoPongs: 0 },
    });
    raw.socket.setNoDelay(true);

    await check(
      fc.asyncProperty(
        fc.array(
          fc.record({
            message: anyMessage,
            cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
              maxLength: 4,
            }),
            ping: fc.option(fc.uint8Array({ maxLength: 125 })),
          }),
          { minLength: 1, maxLength: 8 },
        ),
        fc.array(fc.integer({ min: 1, max: 2000 }), {
          minLength: 1,
          maxLength: 20,
        }),
        async (plan, chunkSizes) => {
          const expected = [];
          const frames = [];
          for (const { message, cuts, ping } of plan) {
            const fragments = fragmentsOf(message, cuts);
            frames.push(fragments[0]);
            if (ping) {
              frames.push({ opcode: OPCODE.PING, payload: Buffer.from(ping) });
              expected.push(`ping ${Buffer.from(ping).toString('hex')}`);
            }
            frames.push(...fragments.slice(1));
            expected.push(describe(message.data, message.isBinary));
          }
          // A ping between fragments comes before the message, one behind a
          // message that is a single frame comes after it.
          const ordered = orderOf(plan, expected);
          const seen = collect(subject, ordered.length);

          const bytes = Buffer.concat(frames.map((frame) => raw.build(frame)));
          await writeInChunks(raw.socket, bytes, chunkSizes);

          assert.deepEqual(await seen, ordered);
        },
      ),
    );
  },
);

testInRoles(`anything that is sent arrives (seed ${seed})`, async (t, role) => {
  const both = { perMessageDeflate: { threshold: 0 } };
  const { subject, peer } = await connect(t, role, {
    subject: both,
    peer: both,
  });

  await check(
    fc.asyncProperty(
      fc.array(
        fc.record({
          message: anyMessage,
          compress: fc.boolean(),
          pieces: fc.integer({ min: 1, max: 4 }),
        }),
        { minLength: 1, maxLength: 12 },
      ),
      async (plan) => {
        const expected = plan.map(({ message }) =>
          describe(message.data, message.isBinary),
        );
        const outbound = collect(peer, plan.length);
        const inbound = collect(subject, plan.length);

        for (const end of [subject, peer]) {
          for (const step of plan) sendInPieces(end, step);
        }

        assert.deepEqual(await outbound, expected);
        assert.deepEqual(await inbound, expected);
      },
    ),
  );
});

testInRoles(
  `any bytes end in a message, an error or a close (seed ${seed})`,
  async (t, role) => {
    await check(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        async (bytes) => {
          const { subject, raw } = await connectRaw(t, role, {
            subject: { maxPayload: 1000, closeTimeout: 1000 },
          });
          let error = null;
          subject.on('error', (reason) => (error = reason));
          const closed = eventOf(subject, 'close');

          raw.socket.end(Buffer.from(bytes));

          await closed;
          if (error) assert.match(error.code, /^WS_ERR_/);
        },
      ),
    );
  },
);

function check(property) {
  return fc.assert(property, LIMITS);
}

function fragmentsOf({ data, isBinary }, cuts) {
  const positions = cuts
    .map((cut) => Math.floor(cut * data.length))
    .sort((a, b) => a - b);
  const edges = [0, ...positions, data.length];
  return edges.slice(1).map((end, i) => ({
    opcode:
      i > 0 ? OPCODE.CONTINUATION : isBinary ? OPCODE.BINARY : OPCODE.TEXT,
    fin: i === edges.length - 2,
    payload: data.subarray(edges[i], end),
  }));
}

function orderOf(plan, expected) {
  const ordered = [];
  let i = 0;
  for (const { cuts, ping } of plan) {
    if (!ping) {
      ordered.push(expected[i++]);
      continue;
    }
    const [pinged, message] = [expected[i++], expected[i++]];
    ordered.push(...(cuts.length > 0 ? [pinged, message] : [message, pinged]));
  }
  return ordered;
}

async function writeInChunks(socket, bytes, sizes) {
  let offset = 0;
  for (let i = 0; offset < bytes.length; i++) {
    const size = sizes[i % sizes.length];
    const chunk = bytes.subarray(offset, offset + size);
    offset += size;
    // Waiting for some of them makes it likelier that they are read apart.
    if (i % 3 === 0)
      await new Promise((resolve) => socket.write(chunk, resolve));
    else socket.write(chunk);
  }
}

function sendInPieces(websocket, { message, compress, pieces }) {
  const { data, isBinary: binary } = message;
  const size = Math.ceil(data.length / pieces);
  for (let i = 0; i < pieces; i++) {
    const fin = i === pieces - 1;
    const piece = data.subarray(i * size, fin ? undefined : (i + 1) * size);
    websocket.send(piece, { binary, compress, fin });
  }
}

/** Writes down the next messages and pings, as they come. */
function collect(websocket, count) {
  const seen = [];
  const all = new Promise((resolve) => {
    const add = (event) => {
      seen.push(event);
      if (seen.length < count) return;
      websocket.removeListener('message', onMessage);
      websocket.removeListener('ping', onPing);
      resolve(seen);
    };
    const onMessage = (data, isBinary) => add(describe(data, isBinary));
    const onPing = (data) => add(`ping ${data.toString('hex')}`);
    websocket.on('message', onMessage);
    websocket.on('ping', onPing);
  });
  return within(all, () => `${seen.length} of ${count} events`);
}

function describe(data, isBinary) {
  return `${isBinary ? 'binary' : 'text'} ${data.toString('hex')}`;
}
