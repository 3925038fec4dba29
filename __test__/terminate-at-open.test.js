'use strict';

const assert = require('node:assert/strict');
const net = require('node:net');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');
const { deflateRawSync } = require('node:zlib');
const {
  connectRaw,
  stopServer,
  testInRoles,
} = require('./support/connections');
const {
  FrameParser,
  OPCODE,
  buildFrame,
  closePayload,
} = require('./support/frames');
const { listenRaw } = require('./support/raw-peer');
const { WebSocket, WebSocketServer } = require('./support/subject');
const { upgradeRequest } = require('./support/upgrade-request');
const { closeOf, eventOf } = require('./support/waiting');

const ROUNDS = 20;

const READS_ELSEWHERE =
  Number(process.env.HAWSER_IO_THREADS) > 0 ||
  process.env.HAWSER_RESTLESS === '1';

test('terminate() at once amid a message that came with the response is a 1006 and no error', async (t) => {
  const payload = Buffer.alloc(100_000, 0x7f);
  const frame = buildFrame({ opcode: OPCODE.BINARY, payload });

  for (let round = 0; round < ROUNDS; round++) {
    const listener = await listenRaw(t, {
      firstBytes: frame.subarray(0, 1000),
    });
    const client = new WebSocket(listener.url);
    client.on('message', () => assert.fail('half a message'));
    client.on('open', () => client.terminate());
    const closed = closeOf(client);

    const raw = await listener.accept();
    raw.write(frame.subarray(1000));

    assert.deepEqual(await closed, { code: 1006, reason: '' });
  }
});

test('terminate() at once is behind what came with the request, and so is somebody who listens to the bytes', async (t) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  t.after(() => stopServer(server));
  await eventOf(server, 'listening');
  const messages = [];
  const lengths = [];
  const frame = buildFrame({
    opcode: OPCODE.TEXT,
    payload: 'early',
    mask: true,
  });
  const connection = eventOf(server, 'connection');
  server.on('connection', (websocket) => {
    websocket.on('message', (data) => messages.push(`${data}`));
    websocket._socket.on('data', ({ length }) => lengths.push(length));
    websocket.terminate();
  });
  const socket = net.connect(server.address().port, '127.0.0.1');
  socket.on('error', () => {}).resume();
  socket.write(
    Buffer.concat([
      Buffer.from(`${upgradeRequest({}).join('\r\n')}\r\n\r\n`),
      frame,
    ]),
  );
  const [websocket] = await connection;
  const { code } = await closeOf(websocket);

  assert.deepEqual([...messages, code], ['early', 1006]);
  assert.deepEqual(lengths, [frame.length]);
});

test('what came with the request is heard before setImmediate(), though somebody listens to the bytes', async (t) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  t.after(() => stopServer(server));
  await eventOf(server, 'listening');
  const heard = [];
  const closed = new Promise((resolve) => {
    server.on('connection', (websocket) => {
      websocket.on('message', (data) => heard.push(`${data}`));
      websocket.on('close', resolve);
      websocket._socket.on('data', ({ length }) => heard.push(length));
      setImmediate(() => {
        heard.push('immediate');
        websocket.terminate();
      });
    });
  });
  const frame = buildFrame({
    opcode: OPCODE.TEXT,
    payload: 'early',
    mask: true,
  });
  const socket = net.connect(server.address().port, '127.0.0.1');
  socket.on('error', () => {}).resume();
  socket.write(
    Buffer.concat([
      Buffer.from(`${upgradeRequest({}).join('\r\n')}\r\n\r\n`),
      frame,
    ]),
  );
  await closed;

  assert.deepEqual(heard, ['early', frame.length, 'immediate']);
});

for (const dictionary of [undefined, Buffer.from('compressed ')]) {
  test(`terminate() at once before a message compressed ${dictionary ? 'with a dictionary ' : ''}that came with the request is a 1006 and no error`, async (t) => {
    const payload = deflateRawSync('compressed '.repeat(100), {
      dictionary,
      finishFlush: 2,
    });
    const frame = buildFrame({
      opcode: OPCODE.TEXT,
      payload: payload.subarray(0, -4),
      rsv1: true,
      mask: true,
    });
    const request = upgradeRequest({
      'Sec-WebSocket-Extensions': 'permessage-deflate',
    });
    const bytes = Buffer.concat([
      Buffer.from(`${request.join('\r\n')}\r\n\r\n`),
      frame,
    ]);
    const server = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      perMessageDeflate: { zlibInflateOptions: { dictionary } },
    });
    t.after(() => stopServer(server));
    await eventOf(server, 'listening');
    const errors = [];
    const closed = [];
    server.on('connection', (websocket) => {
      websocket.on('error', (error) => errors.push(error.message));
      closed.push(closeOf(websocket));
      websocket.terminate();
    });

    for (let round = 0; round < ROUNDS; round++) {
      const peer = net.connect(server.address().port, '127.0.0.1');
      peer.on('error', () => {});
      peer.resume();
      peer.write(bytes);
      await eventOf(peer, 'close');

      assert.deepEqual(errors, []);
      assert.deepEqual(await closed[round], { code: 1006, reason: '' });
    }
  });
}

const DELAYS = {
  'in the next tick': process.nextTick,
  'after a promise': (end) => Promise.resolve().then(end),
  'in setImmediate()': setImmediate,
};

for (const [when, delay] of Object.entries(DELAYS)) {
  test(`what came with the request is heard if terminate() follows ${when}`, async (t) => {
    const request = `${upgradeRequest({}).join('\r\n')}\r\n\r\n`;
    const frame = buildFrame({
      opcode: OPCODE.TEXT,
      payload: 'early',
      mask: true,
    });
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    t.after(() => stopServer(server));
    await eventOf(server, 'listening');

    for (let round = 0; round < ROUNDS; round++) {
      const heard = [];
      const connection = eventOf(server, 'connection');
      server.once('connection', (websocket) => {
        websocket.on('message', (data) => heard.push(`${data}`));
        delay(() => websocket.terminate());
      });
      const peer = net.connect(server.address().port, '127.0.0.1');
      peer.on('error', () => {});
      peer.resume();
      peer.write(Buffer.concat([Buffer.from(request), frame]));
      const [websocket] = await connection;
      const { code } = await closeOf(websocket);
      peer.destroy();

      assert.deepEqual([...heard, code], ['early', 1006]);
    }
  });

  test(`what came with the request is heard before what follows 'connection' ${when}`, async (t) => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    t.after(() => stopServer(server));
    await eventOf(server, 'listening');

    for (let round = 0; round < ROUNDS; round++) {
      const events = [];
      const connection = eventOf(server, 'connection');
      server.once('connection', (websocket) => {
        websocket.on('message', (data) => events.push(`${data}`));
        delay(() => {
          events.push(when);
          websocket.terminate();
        });
      });
      const peer = new FrameParser();
      const socket = net.connect(server.address().port, '127.0.0.1');
      socket.on('error', () => {});
      const received = [];
      socket.on('data', (chunk) => received.push(chunk));
      socket.write(
        Buffer.concat([
          Buffer.from(`${upgradeRequest({}).join('\r\n')}\r\n\r\n`),
          buildFrame({ opcode: OPCODE.TEXT, payload: 'early', mask: true }),
          buildFrame({
            opcode: OPCODE.CLOSE,
            payload: closePayload(1000),
            mask: true,
          }),
        ]),
      );
      const [websocket] = await connection;
      const [{ code }] = await Promise.all([
        closeOf(websocket),
        eventOf(socket, 'close'),
      ]);
      const bytes = Buffer.concat(received);
      const frames = peer.push(bytes.subarray(bytes.indexOf('\r\n\r\n') + 4));

      assert.deepEqual([...events, code], ['early', when, 1000]);
      assert.deepEqual(
        frames.map(({ opcode, payload }) => [opcode, payload.readUInt16BE()]),
        [[OPCODE.CLOSE, 1000]],
      );
    }
  });
}

test(
  'what comes in more than one read with a request that waits is heard before setImmediate()',
  { skip: READS_ELSEWHERE && 'what is not read with it is read elsewhere' },
  async (t) => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    t.after(() => stopServer(server));
    await eventOf(server, 'listening');
    const lengths = [];
    const closed = new Promise((resolve) => {
      server.on('connection', (websocket) => {
        websocket.on('message', (data) => lengths.push(data.length));
        websocket.on('close', resolve);
        setImmediate(() => websocket.terminate());
      });
    });

    sendWhileBusy(
      t,
      server.address().port,
      Buffer.concat([
        Buffer.from(`${upgradeRequest({}).join('\r\n')}\r\n\r\n`),
        ...[1, 70_000, 2].map((length) =>
          buildFrame({
            opcode: OPCODE.BINARY,
            payload: Buffer.alloc(length),
            mask: true,
          }),
        ),
      ]),
    );
    await closed;

    assert.deepEqual(lengths, [1, 70_000, 2]);
  },
);

testInRoles(
  'what comes after the handshake is not heard if terminate() follows at once',
  async (t, role) => {
    const heard = [];

    for (let round = 0; round < ROUNDS; round++) {
      const { subject, raw } = await connectRaw(t, role);
      subject.on('message', (data) => heard.push(`${data}`));

      raw.text('late');
      subject.terminate();
      const { code } = await closeOf(subject);

      assert.equal(code, 1006);
    }
    // An I/O thread may have read it in between.
    if (!READS_ELSEWHERE) assert.deepEqual(heard, []);
  },
);

/** Connects and sends before this thread's loop can accept. */
function sendWhileBusy(t, port, bytes) {
  const sent = new Int32Array(new SharedArrayBuffer(4));
  const client = new Worker(
    `const { bytes, port, sent } = require('node:worker_threads').workerData;
     const socket = require('node:net').connect(port, '127.0.0.1');
     socket.on('error', () => {}).resume();
     socket.write(bytes, () => {
       Atomics.store(sent, 0, 1);
       Atomics.notify(sent, 0);
     });`,
    { eval: true, workerData: { bytes, port, sent } },
  );
  t.after(() => client.terminate());
  assert.notEqual(Atomics.wait(sent, 0, 0, 10_000), 'timed-out');
}
