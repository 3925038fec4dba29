'use strict';

// Little data that inflates to much: a thousandfold. Memory is held to maxPayload.

const assert = require('node:assert/strict');
const zlib = require('node:zlib');
const { connectRaw, testInRoles } = require('../support/connections');
const { OPCODE } = require('../support/frames');
const { MIB, pour, startVictim } = require('../support/victim');
const { eventOf } = require('../support/waiting');

const TOO_LARGE = 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
const HEADERS = ['Sec-WebSocket-Extensions: permessage-deflate'];
const LIMIT = MIB;

/** What a process may use more for reasons of its own. */
const NOISE = 24 * MIB;

/** 64 MiB of zeros: 64 KiB. */
const BOMB = deflate(Buffer.alloc(64 * MIB));

const cases = {
  'in one frame': () => [frame(BOMB)],
  'cut into a thousand fragments'() {
    const size = Math.ceil(BOMB.length / 1000);
    const pieces = [];
    for (let i = 0; i < BOMB.length; i += size) {
      pieces.push(BOMB.subarray(i, i + size));
    }
    return fragments(pieces);
  },
  'in fragments that pass each by itself'() {
    const one = deflate(Buffer.alloc(LIMIT - 1), zlib.constants.Z_FULL_FLUSH);
    return fragments(Array(200).fill(one));
  },
  'with empty fragments between'() {
    const pieces = [];
    for (let i = 0; i < BOMB.length; i += 1000) {
      pieces.push(BOMB.subarray(i, i + 1000), Buffer.alloc(0));
    }
    return fragments(pieces);
  },
  'as text': () => [frame(BOMB, { opcode: OPCODE.TEXT })],
  'behind many empty blocks'() {
    const empty = Buffer.from('000000ffff'.repeat(20_000), 'hex');
    return [frame(Buffer.concat([empty, BOMB]))];
  },
  'within a bomb': () => [
    frame(deflate(zlib.deflateRawSync(BOMB)), {}),
    frame(BOMB),
  ],
};

for (const [how, makeFrames] of Object.entries(cases)) {
  testInRoles(`a bomb ${how} goes off at maxPayload`, async (t, role) => {
    const options = { maxPayload: LIMIT, perMessageDeflate: true };
    const { raw, usage, line } = await startVictim(t, role, options, HEADERS);
    const before = await usage('collect');

    await pour(raw, Buffer.concat(makeFrames().map((it) => raw.build(it))));

    assert.equal(await line('error '), TOO_LARGE);
    await raw.end();
    assert.equal(raw.closeCode, 1009);
    const after = await usage();
    const grown = after.peak - before.peak;
    assert.ok(grown < 4 * LIMIT + NOISE, `${grown}`);
    assert.ok(after.cpu - before.cpu < 2000, `${after.cpu - before.cpu}`);
  });
}

testInRoles(
  'bombs in a context that is kept go off one by one',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { maxPayload: LIMIT, perMessageDeflate: true },
      headers: HEADERS,
    });
    const sizes = [];
    subject.on('message', (data) => sizes.push(data.length));
    const failed = eventOf(subject, 'error');
    const deflater = zlib.createDeflateRaw();
    const sent = [LIMIT, LIMIT, LIMIT, LIMIT + 1, 10];

    for (const size of sent) {
      raw.send(frame(await push(deflater, Buffer.alloc(size))));
    }

    assert.equal((await failed)[0].code, TOO_LARGE);
    await raw.end();
    assert.equal(raw.closeCode, 1009);
    assert.deepEqual(sizes, [LIMIT, LIMIT, LIMIT]);
    deflater.close();
  },
);

testInRoles(
  'many bombs at once take no more memory than their limits together',
  async (t) => {
    const options = { maxPayload: LIMIT, perMessageDeflate: true };
    const victim = await startVictim(t, 'server', options, HEADERS);
    const peers = [victim.raw];
    while (peers.length < 30) peers.push(await victim.connect());
    const before = await victim.usage('collect');

    await Promise.all(peers.map((raw) => pour(raw, raw.build(frame(BOMB)))));
    await Promise.all(peers.map((raw) => raw.end()));

    assert.deepEqual(
      new Set(peers.map((raw) => raw.closeCode)),
      new Set([1009]),
    );
    const { error, peak } = await victim.usage();
    assert.equal(error, 30);
    const grown = peak - before.peak;
    assert.ok(grown < peers.length * 2 * LIMIT + 2 * NOISE, `${grown}`);
  },
  ['server'],
);

testInRoles(
  'contexts that are kept take a bounded amount of memory for each connection',
  async (t) => {
    const options = { perMessageDeflate: true };
    const victim = await startVictim(t, 'server', options, HEADERS);
    const message = frame(deflate(Buffer.alloc(100_000)));
    const before = await victim.usage('collect');
    const peers = [];

    while (peers.length < 100) {
      const raw = await victim.connect();
      raw.send(message, { opcode: OPCODE.PING });
      await raw.firstFrames(1);
      peers.push(raw);
    }

    const after = await victim.usage('collect');
    const each = (after.rss - before.rss) / peers.length;
    assert.equal(after.message, 100);
    assert.ok(each < 300_000, `${each}`);
  },
  ['server'],
);

testInRoles(
  'compressed data that makes no progress is no endless loop',
  async (t) => {
    const garbage = [
      Buffer.alloc(100_000),
      Buffer.alloc(100_000, 0xff),
      Buffer.from('000000ffff'.repeat(100_000), 'hex'),
      Buffer.from('0300'.repeat(50_000), 'hex'),
      Buffer.from('05e0ffff', 'hex'),
      Buffer.from([0x01]),
      Buffer.alloc(0),
    ];
    const victim = await startVictim(
      t,
      'server',
      {
        maxPayload: LIMIT,
        perMessageDeflate: true,
      },
      HEADERS,
    );

    for (const payload of garbage) {
      const raw = await victim.connect();
      raw.send(frame(payload), { opcode: OPCODE.PING });
      // Either it is a message, or it is not.
      await raw.firstFrames(1);
    }

    const { cpu, open } = await victim.usage();
    assert.ok(cpu < 5000, `${cpu}`);
    assert.equal(open, garbage.length + 1);
  },
  ['server'],
);

function frame(payload, rest) {
  return { opcode: OPCODE.BINARY, rsv1: true, payload, ...rest };
}

/** A compressed message in several frames. */
function fragments(pieces) {
  return pieces.map((payload, i) => ({
    opcode: i === 0 ? OPCODE.BINARY : OPCODE.CONTINUATION,
    rsv1: i === 0,
    fin: i === pieces.length - 1,
    payload,
  }));
}

function deflate(data, flush = zlib.constants.Z_SYNC_FLUSH) {
  const bytes = zlib.deflateRawSync(data, { finishFlush: flush });
  // RFC 7692, section 7.2.1: the end of an empty block is left out.
  return flush === zlib.constants.Z_SYNC_FLUSH ? bytes.subarray(0, -4) : bytes;
}

/** Compresses a message with what was before it. */
function push(deflater, data) {
  return new Promise((resolve) => {
    const pieces = [];
    const collect = (piece) => pieces.push(piece);
    deflater.on('data', collect);
    deflater.write(data);
    deflater.flush(zlib.constants.Z_SYNC_FLUSH, () => {
      deflater.removeListener('data', collect);
      resolve(Buffer.concat(pieces).subarray(0, -4));
    });
  });
}
