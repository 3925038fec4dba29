'use strict';

const assert = require('node:assert/strict');
const { connect, testInRoles } = require('./support/connections');
const { SeededRandom } = require('./support/random');
const { within } = require('./support/waiting');

const COUNT = 10_000;
const MEGABYTE = 1024 * 1024;
const BATCH = 50;
const WORDS = [
  'tick ',
  'größe ',
  '12.5€ ',
  '漢字 ',
  '😀 ',
  'price ',
  '{"a":1} ',
];

const seed = Number(process.env.HAWSER_TEST_SEED ?? 20_240_607);
const pool = makePool(seed);

testInRoles(
  `${COUNT} mixed messages go there and back (seed ${seed})`,
  async (t, role) => {
    const both = { perMessageDeflate: { threshold: 0 } };
    const { subject, peer } = await connect(t, role, {
      subject: both,
      peer: both,
    });
    const messages = makeMessages(seed);
    const answering = new SeededRandom(seed + 1);
    let seen = 0;

    subject.on('message', (data, isBinary) => {
      assertSame(messages[seen], data, isBinary, `there: ${seen}`);
      sendMessage(subject, {
        ...messages[seen],
        ...chooseForm(answering, data),
      });
      seen++;
    });
    let returned = 0;
    const allReturned = new Promise((resolve) => {
      peer.on('message', (data, isBinary) => {
        assertSame(messages[returned], data, isBinary, `back: ${returned}`);
        if (++returned === COUNT) resolve();
      });
    });
    const sending = sendAll(peer, messages);

    await within(
      Promise.all([sending, allReturned]),
      () => `${seen} of ${COUNT} went there and ${returned} came back`,
      90_000,
    );
  },
);

function makeMessages(startingWith) {
  const random = new SeededRandom(startingWith);
  return Array.from({ length: COUNT }, (_, i) => {
    const size =
      i < 8
        ? [1, 125, 126, 65_535, 65_536, 0, 5 * MEGABYTE, 2][i]
        : chooseSize(random);
    const isBinary = random.chance(0.5);
    const source = isBinary && random.chance(0.3) ? pool.noise : pool.text;
    const offset = random.between(0, source.length - size);
    const data = isBinary
      ? source.subarray(offset, offset + size)
      : wholeCharacters(source, offset, size);
    return { data, isBinary, ...chooseForm(random, data) };
  });
}

/** Mostly small ones, so that all together stay below 100 MB. */
function chooseSize(random) {
  const kind = random.next();
  if (kind < 0.9) return random.between(1, 1000);
  if (kind < 0.985) return random.between(1000, 40_000);
  if (kind < 0.9993) return random.between(40_000, 200_000);
  return random.between(MEGABYTE, 4 * MEGABYTE);
}

function chooseForm(random, data) {
  return {
    compress: data.length < 200_000 && random.chance(0.4),
    fragments: random.chance(0.2) ? random.between(2, 6) : 1,
  };
}

async function sendAll(websocket, messages) {
  for (let i = 0; i < messages.length; i += BATCH) {
    const batch = messages.slice(i, i + BATCH);
    await Promise.all(batch.map((message) => sendMessage(websocket, message)));
  }
}

function sendMessage(websocket, { data, isBinary, compress, fragments }) {
  const size = Math.ceil(data.length / fragments);
  for (let i = 0; i < fragments - 1; i++) {
    const fragment = data.subarray(i * size, (i + 1) * size);
    websocket.send(fragment, { binary: isBinary, compress, fin: false });
  }
  const last = data.subarray((fragments - 1) * size);
  return new Promise((resolve, reject) => {
    websocket.send(last, { binary: isBinary, compress }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

function assertSame(expected, data, isBinary, where) {
  assert.equal(isBinary, expected.isBinary, where);
  assert.ok(expected.data.equals(data), where);
}

function makePool(startingWith) {
  const random = new SeededRandom(startingWith + 2);
  let text = '';
  while (text.length < 400_000)
    text += WORDS[random.between(0, WORDS.length - 1)];
  return {
    noise: random.bytes(6 * MEGABYTE),
    text: Buffer.alloc(6 * MEGABYTE, text),
  };
}

/** A piece of UTF-8 that starts and ends at a character. */
function wholeCharacters(bytes, offset, size) {
  let start = offset;
  let end = offset + size;
  while (start < end && (bytes[start] & 0xc0) === 0x80) start++;
  while (end > start && end < bytes.length && (bytes[end] & 0xc0) === 0x80)
    end--;
  return bytes.subarray(start, end);
}
