'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { usesExpectedImplementation } = require('./support/implementation');
const {
  connect,
  engineOf,
  startServer,
  websocketOf,
} = require('./support/socket-io');
const { eventOf, until } = require('./support/waiting');

usesExpectedImplementation('socket.io', 'engine.io');
usesExpectedImplementation('socket.io', 'socket.io-adapter');

test('events and acknowledgements go both ways over WebSocket alone', async (t) => {
  const here = await startServer(t, { transports: ['websocket'] });
  here.server.on('connection', (socket) => {
    socket.on('sum', (a, b, answer) => answer(a + b));
  });
  const { client, socket } = await connect(t, here);
  assert.equal(engineOf(client).transport.name, 'websocket');
  client.on('who', (question, answer) => answer(`${question} me`));

  assert.equal(await client.emitWithAck('sum', 20, 22), 42);
  assert.equal(await socket.emitWithAck('who', 'who? ü€😀'), 'who? ü€😀 me');
});

test('an acknowledgement that does not come is missed in time', async (t) => {
  const here = await startServer(t);
  const { socket } = await connect(t, here);

  await assert.rejects(socket.timeout(20).emitWithAck('nobody hears this'), {
    message: 'operation has timed out',
  });
});

test('thousands of events arrive in the order in which they were sent', async (t) => {
  const here = await startServer(t);
  const { client, socket } = await connect(t, here);
  const atServer = [];
  const atClient = [];
  socket.on('n', (n) => atServer.push(n));
  client.on('n', (n) => atClient.push(n));
  const numbers = Array.from({ length: 3000 }, (_, i) => i);

  for (const n of numbers) {
    client.emit('n', n);
    socket.emit('n', n);
  }
  await until(
    () => atServer.length + atClient.length >= 6000,
    'not all events arrived',
  );

  assert.deepEqual(atServer, numbers);
  assert.deepEqual(atClient, numbers);
});

test('a connection begins with polling and goes over to WebSocket without loss', async (t) => {
  const here = await startServer(t);
  const received = [];
  const transports = [];
  here.server.on('connection', (socket) => {
    transports.push(engineOf(socket).transport.name);
    socket.on('n', (n, answer) => {
      received.push(n);
      answer(n);
    });
  });
  const { client, socket } = await connect(t, here, {
    transports: ['polling', 'websocket'],
  });
  const answers = [];
  const isOver = () =>
    [client, socket].every((end) => engineOf(end).transport.name !== 'polling');
  // Events are under way all the time while the transports change.
  for (let n = 0; n < 20 || !isOver(); n++) {
    answers.push(client.emitWithAck('n', n));
    if (n % 5 === 0) await answers[n];
  }

  const all = Array.from({ length: answers.length }, (_, n) => n);
  assert.deepEqual(await Promise.all(answers), all);
  assert.deepEqual(received, all);
  assert.deepEqual(transports, ['polling']);
  assert.equal(engineOf(client).transport.name, 'websocket');
  assert.equal(engineOf(socket).transport.name, 'websocket');
});

test('binary payloads arrive as they were, in order with text', async (t) => {
  const here = await startServer(t);
  const { client, socket } = await connect(t, here);
  const large = Buffer.alloc(300_000, (_, i) => i % 251);
  const payload = {
    large,
    inside: [{ bytes: new Uint8Array([1, 2, 3]) }, 'text', Buffer.alloc(0)],
  };
  const seen = [];
  socket.on('binary', (value, answer) => {
    seen.push('binary');
    answer(value);
  });
  socket.on('text', () => seen.push('text'));

  const echoed = client.emitWithAck('binary', payload);
  client.emit('text');
  const value = await echoed;
  await until(() => seen.length === 2, 'the text did not arrive');

  assert.ok(Buffer.isBuffer(value.large));
  assert.ok(value.large.equals(large));
  assert.deepEqual([...value.inside[0].bytes], [1, 2, 3]);
  assert.equal(value.inside[1], 'text');
  assert.equal(value.inside[2].length, 0);
  assert.deepEqual(seen, ['binary', 'text']);
});

test('a room gets what is sent to it, and nobody else does', async (t) => {
  const here = await startServer(t);
  const ends = [];
  for (let i = 0; i < 4; i++) ends.push(await connect(t, here));
  const received = ends.map(({ client }) => {
    const events = [];
    client.onAny((name, value) => events.push(`${name} ${value}`));
    return events;
  });
  ends[0].socket.join('room');
  ends[1].socket.join('room');
  ends[2].socket.join(['room', 'other']);

  here.server.to('room').emit('all', 1);
  here.server.to('room').except('other').emit('some', 2);
  ends[0].socket.to('room').emit('others', 3);
  ends[1].socket.leave('room');
  here.server.to('room').emit('left', 4);
  here.server.in('other').emit('bytes', Buffer.from('five'));
  here.server.emit('end', 6);
  await until(
    () => received.every((events) => events.at(-1) === 'end 6'),
    'the last event did not arrive',
  );

  assert.deepEqual(received, [
    ['all 1', 'some 2', 'left 4', 'end 6'],
    ['all 1', 'some 2', 'others 3', 'end 6'],
    ['all 1', 'others 3', 'left 4', 'bytes five', 'end 6'],
    ['end 6'],
  ]);
});

for (const [what, text] of [
  ['short', 'shórt'],
  ['of medium length', 'm€dium '.repeat(40)],
  ['long', 'löng '.repeat(20_000)],
]) {
  test(`a broadcast that is ${what} is encoded once for all`, async (t) => {
    const here = await startServer(t);
    const ends = [];
    for (let i = 0; i < 3; i++) ends.push(await connect(t, here));
    const frames = ends.map(({ socket }) => recordFrames(websocketOf(socket)));
    const heard = ends.map(({ client }) => inOrder(client, 3));

    ends[0].socket.emit('news', 'before');
    ends[1].socket.emit('news', 'before');
    ends[2].socket.emit('news', 'before');
    here.server.emit('news', text);
    here.server.emit('news', 'after');

    for (const values of heard) {
      assert.deepEqual(await values, ['before', text, 'after']);
    }
    const [first, ...others] = frames;
    const shared = first.filter((frame) =>
      others.every((list) => list.includes(frame)),
    );
    assert.equal(shared.length, 2, 'sendFrame() was not given the same frame');
  });
}

test('a broadcast with acknowledgements collects all answers', async (t) => {
  const here = await startServer(t);
  for (let i = 0; i < 3; i++) {
    const { client } = await connect(t, here);
    client.on('vote', (question, answer) => answer(`${question}${i}`));
  }

  const answers = await here.server.timeout(10_000).emitWithAck('vote', '#');

  assert.deepEqual(answers.sort(), ['#0', '#1', '#2']);
});

test('with compression, events, binary and broadcasts arrive', async (t) => {
  const here = await startServer(t, { perMessageDeflate: { threshold: 512 } });
  const { client, socket } = await connect(t, here);
  assert.match(websocketOf(socket).extensions, /permessage-deflate/);
  const tcp = socket.conn.request.socket;
  const text = 'what repeats can be compressed; '.repeat(5000);
  const bytes = Buffer.alloc(200_000, 'abc');
  socket.on('echo', (value, answer) => answer(value));

  const read = tcp.bytesRead;
  assert.equal(await client.emitWithAck('echo', text), text);
  assert.ok((await client.emitWithAck('echo', bytes)).equals(bytes));
  assert.equal(await client.emitWithAck('echo', 'short'), 'short');
  assert.ok(tcp.bytesRead - read < 20_000);

  const written = tcp.bytesWritten;
  const compressed = inOrder(client, 1);
  here.server.emit('news', text);
  assert.deepEqual(await compressed, [text]);
  assert.ok(tcp.bytesWritten - written < 20_000);
});

test('what is over maxHttpBufferSize closes the connection, what is at it does not', async (t) => {
  const here = await startServer(t, { maxHttpBufferSize: 1000 });
  const { client, socket } = await connect(t, here, { reconnection: false });
  socket.on('echo', (value, answer) => answer(value.length));
  // `42` and the number of the acknowledgement, and the JSON around the text.
  const overhead = '420["echo",""]'.length;
  assert.equal(
    await client.emitWithAck('echo', 'x'.repeat(1000 - overhead)),
    1000 - overhead,
  );
  const errors = [];
  websocketOf(socket).on('error', (error) => errors.push(error));
  const closedThere = eventOf(socket, 'disconnect');
  const closedHere = eventOf(client, 'disconnect');

  client.emit('echo', 'x'.repeat(1001));

  const [reason] = await closedThere;
  assert.equal(reason, 'transport error');
  assert.equal(errors[0].code, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
  assert.equal(errors[0].message, 'Max payload size exceeded');
  const [, details] = await closedHere;
  assert.equal(details.context.code, 1009);
  assert.equal(here.server.engine.clientsCount, 0);
});

test('closing the server disconnects everybody and ends', async (t) => {
  const here = await startServer(t);
  const ends = [];
  for (let i = 0; i < 3; i++) {
    ends.push(await connect(t, here, { reconnection: false }));
  }
  const disconnected = ends.map(({ client }) => eventOf(client, 'disconnect'));

  await here.server.close();

  for (const event of disconnected) {
    const [reason] = await event;
    assert.match(reason, /^(io server disconnect|transport close)$/);
  }
  assert.equal(here.server.engine.clientsCount, 0);
});

/** Lists the frames that are given to `sendFrame()`, and sends them. */
function recordFrames(websocket) {
  const sender = websocket._sender;
  const { sendFrame } = sender;
  const lists = [];
  sender.sendFrame = function (list, callback) {
    lists.push(list);
    return sendFrame.call(this, list, callback);
  };
  return lists;
}

async function inOrder(client, count) {
  const values = [];
  client.on('news', (value) => values.push(value));
  await until(() => values.length >= count, `fewer than ${count} events`);
  return values;
}
