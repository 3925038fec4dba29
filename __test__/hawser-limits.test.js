'use strict';

// hawser only: `ws` knows no limit of the process.

const assert = require('node:assert/strict');
const path = require('node:path');
const { Duplex } = require('node:stream');
const { afterEach, test } = require('node:test');
const { Worker } = require('node:worker_threads');
const zlib = require('node:zlib');
const { configure, memoryUsage } = require('..');
const {
  connect,
  connectRaw,
  startServer,
  testInRoles,
} = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { collectGarbage } = require('./support/garbage');
const { connectRawClient } = require('./support/raw-peer');
const { WebSocket } = require('./support/subject');
const { closeOf, eventOf, messagesOf, until } = require('./support/waiting');

const MOST = 100_000;
const MEGABYTE = 1024 * 1024;
/** So much that a system's own buffers take a part of it at most. */
const MUCH = 24 * MEGABYTE;
const DEFLATE = ['Sec-WebSocket-Extensions: permessage-deflate'];

afterEach(async () => {
  configure({ maxDeflateContexts: 0, maxInboundBytes: 0, maxOutboundBytes: 0 });
});

testInRoles(
  'fragments of all connections may reach maxInboundBytes, and not a byte more',
  async (t, role) => {
    await nothingIsUsed();
    configure({ maxInboundBytes: MOST });
    const [a, b] = await two(t, role);
    const fragment = { opcode: OPCODE.BINARY, fin: false };
    const message = messagesOf(a.subject, 1);

    a.raw.send({ ...fragment, payload: Buffer.alloc(MOST - 40_000) });
    b.raw.send({ ...fragment, payload: Buffer.alloc(40_000) });
    await until(() => memoryUsage().inboundBytes === MOST, 'not all is held');
    await turns();
    assert.equal(b.subject.readyState, WebSocket.OPEN);

    const failed = eventOf(b.subject, 'error');
    b.raw.send({ opcode: OPCODE.CONTINUATION, fin: false, payload: 'x' });
    const [error] = await failed;

    assert.equal(error.code, 'WS_ERR_INBOUND_LIMIT');
    assert.ok(error instanceof RangeError);
    await until(() => b.raw.closeCode === 1013, 'no close frame');
    b.raw.close(1013);
    a.raw.send({ opcode: OPCODE.CONTINUATION, payload: 'end' });
    assert.equal((await message)[0].data.length, MOST - 40_000 + 3);
    await nothingIsUsed();
  },
);

testInRoles(
  'a frame of which a part has arrived counts as far as it has',
  async (t, role) => {
    await nothingIsUsed();
    configure({ maxInboundBytes: MOST });
    const { subject, raw } = await plain(t, role);
    const frame = raw.build({
      opcode: OPCODE.BINARY,
      payload: Buffer.alloc(4 * MOST),
    });
    const header = frame.length - 4 * MOST;

    raw.write(frame.subarray(0, header + MOST - 1));
    await until(() => memoryUsage().inboundBytes === MOST - 1, 'not held');
    raw.write(frame.subarray(header + MOST - 1, header + MOST));
    await until(() => memoryUsage().inboundBytes === MOST, 'not all is held');
    const failed = eventOf(subject, 'error');
    raw.write(frame.subarray(header + MOST, header + MOST + 1));

    assert.equal((await failed)[0].code, 'WS_ERR_INBOUND_LIMIT');
    await until(() => raw.closeCode === 1013, 'no close frame');
    await nothingIsUsed();
  },
);

testInRoles('what was compressed counts inflated', async (t, role) => {
  await nothingIsUsed();
  configure({ maxInboundBytes: MOST });
  const { subject, raw } = await connectRaw(t, role, {
    subject: { perMessageDeflate: true },
    headers: DEFLATE,
  });
  const deflated = zlib.deflateRawSync(Buffer.alloc(MOST + 1), {
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
  });
  const exact = zlib.deflateRawSync(Buffer.alloc(MOST), {
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
  });
  const fragment = { opcode: OPCODE.BINARY, fin: false, rsv1: true };
  const message = messagesOf(subject, 1);

  raw.send({ ...fragment, payload: exact });
  await until(() => memoryUsage().inboundBytes === MOST, 'not all is held');
  raw.send({ opcode: OPCODE.CONTINUATION, payload: Buffer.alloc(1) });
  assert.equal((await message)[0].data.length, MOST);
  const failed = eventOf(subject, 'error');
  raw.send({ ...fragment, payload: deflated });

  assert.equal((await failed)[0].code, 'WS_ERR_INBOUND_LIMIT');
  await until(() => raw.closeCode === 1013, 'no close frame');
});

testInRoles('terminate() gives back what was held', async (t, role) => {
  await nothingIsUsed();
  const { subject, raw } = await plain(t, role);
  raw.send({ opcode: OPCODE.TEXT, fin: false, payload: 'a part' });
  await until(() => memoryUsage().inboundBytes === 6, 'not held');

  subject.terminate();

  await nothingIsUsed();
});

testInRoles(
  'what waits for all peers may reach maxOutboundBytes, and not more',
  async (t, role) => {
    await nothingIsUsed();
    configure({ maxOutboundBytes: Number.MAX_SAFE_INTEGER });
    const [a, b] = await two(t, role);
    for (const { subject, raw } of [a, b]) {
      raw.socket.pause();
      subject.send(Buffer.alloc(MUCH));
    }
    await until(
      () =>
        memoryUsage().outboundBytes ===
        a.subject.bufferedAmount + b.subject.bufferedAmount,
      'not what waits is counted',
    );
    await settled();
    const { outboundBytes } = memoryUsage();

    configure({ maxOutboundBytes: outboundBytes + 10_000 });
    b.subject.send(Buffer.alloc(9_000));
    await turns();
    assert.equal(b.subject.readyState, WebSocket.OPEN);

    const failures = [];
    const failed = eventOf(b.subject, 'error');
    const closed = closeOf(b.subject);
    let told = false;
    b.subject.once('error', () => (told = true));
    await until(() => {
      // The system may still take a little.
      if (!told) b.subject.send('x'.repeat(1000), (e) => failures.push(e));
      return told;
    }, 'there is no limit');

    assert.equal((await failed)[0].code, 'WS_ERR_OUTBOUND_LIMIT');
    assert.equal((await closed).code, 1006);
    assert.ok(failures.some((e) => e?.code === 'WS_ERR_OUTBOUND_LIMIT'));
    assert.equal(a.subject.readyState, WebSocket.OPEN);
    a.raw.socket.resume();
    b.raw.socket.resume();
    await a.raw.firstFrames(1);
    await nothingIsUsed();
  },
);

testInRoles(
  'past maxDeflateContexts a connection is not compressed',
  async (t, role) => {
    await nothingIsUsed();
    configure({ maxDeflateContexts: 3 });
    const options = {
      subject: { perMessageDeflate: true },
      peer: { perMessageDeflate: true },
    };

    const first = await connect(t, role, options);
    assert.equal(first.subject.extensions, 'permessage-deflate');
    await until(() => memoryUsage().deflateContexts === 2, 'other contexts');
    const second = await connect(t, role, options);
    assert.equal(second.subject.extensions, '');
    assert.equal(memoryUsage().deflateContexts, 2);
    const message = messagesOf(second.peer, 1);
    second.subject.send('as it is');
    assert.equal((await message)[0].data.toString(), 'as it is');

    // An offer that came to nothing.
    configure({ maxDeflateContexts: 0 });
    const refused = new WebSocket('ws://127.0.0.1:1');
    await eventOf(refused, 'error');
    assert.equal(memoryUsage().deflateContexts, 2);
    configure({ maxDeflateContexts: 3 });

    first.subject.terminate();
    await nothingIsUsed();
    const third = await connect(t, role, options);
    assert.equal(third.subject.extensions, 'permessage-deflate');
    third.subject.terminate();
    second.subject.terminate();
    await nothingIsUsed();
  },
);

test('a connection has two contexts from the beginning', async (t) => {
  await nothingIsUsed();
  const { wss, port } = await startServer(t, WebSocket, {
    perMessageDeflate: true,
  });
  const used = new Promise((resolve) => {
    wss.once('connection', () => resolve(memoryUsage().deflateContexts));
  });

  await connectRawClient(t, port, { headers: DEFLATE });

  assert.equal(await used, 2);
});

test('a stream that emits no close, and calls no callback, gives back what it held', async () => {
  await nothingIsUsed();
  configure({ maxOutboundBytes: MOST });

  // In a function of its own: nobody has the stream afterwards.
  (() => {
    const stream = new Duplex({ emitClose: false, read() {}, write() {} });
    const subject = new WebSocket(null, undefined, {});

    subject.setSocket(stream, Buffer.alloc(0), {});
    subject.send('x'.repeat(1000));
    subject.terminate();
  })();
  assert.equal(memoryUsage().outboundBytes, 1004);

  await until(() => {
    collectGarbage();
    return memoryUsage().outboundBytes === 0;
  }, 'it is kept');
});

test('a worker that is terminated gives back what it held', async (t) => {
  await nothingIsUsed();
  const program = path.join(__dirname, 'support/programs/partial-worker.js');
  const worker = new Worker(program);
  t.after(() => worker.terminate());
  const [port] = await eventOf(worker, 'message');
  const connected = eventOf(worker, 'message');
  const raw = await connectRawClient(t, port, { headers: DEFLATE });
  await connected;
  raw.send({ opcode: OPCODE.TEXT, fin: false, payload: 'a part' });
  await until(() => memoryUsage().inboundBytes === 6, 'not counted here');
  await until(() => memoryUsage().deflateContexts === 2, 'other contexts');

  await worker.terminate();

  await nothingIsUsed();
});

for (const options of [
  { maxInboundBytes: -1 },
  { maxOutboundBytes: 1.5 },
  { maxDeflateContexts: 'many' },
]) {
  test(`configure(${JSON.stringify(options)}) throws`, () => {
    assert.throws(() => configure(options), { code: 'ERR_INVALID_ARG_VALUE' });
  });
}

function plain(t, role) {
  return connectRaw(t, role, { subject: { perMessageDeflate: false } });
}

async function two(t, role) {
  return [await plain(t, role), await plain(t, role)];
}

/** Waits for the connections of the test before to be gone. */
function nothingIsUsed() {
  return until(
    () => Object.values(memoryUsage()).every((used) => used === 0),
    'something is still counted',
  );
}

/** Lets the event loop turn, so that what is to happen has happened. */
async function turns() {
  let count = 0;
  await until(() => ++count === 500, 'unreachable');
}

/** Waits until the system takes no more. */
async function settled() {
  let amount = -1;
  let turnsWithoutChange = 0;
  await until(() => {
    const { outboundBytes } = memoryUsage();
    turnsWithoutChange = amount === outboundBytes ? turnsWithoutChange + 1 : 0;
    amount = outboundBytes;
    return turnsWithoutChange === 500;
  }, 'the amount does not settle');
}
