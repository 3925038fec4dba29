'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const { test } = require('node:test');
const {
  connect,
  connectRaw,
  startServer,
  testInRoles,
  Peer,
} = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { WebSocket, WebSocketServer } = require('./support/subject');
const { closeOf, eventOf, messagesOf, until } = require('./support/waiting');

testInRoles('_socket knows both addresses', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const { _socket: mine } = subject;
  const { _socket: theirs } = peer;

  assert.ok(mine instanceof net.Socket);
  assert.equal(mine.remoteAddress, '127.0.0.1');
  assert.equal(mine.remoteFamily, 'IPv4');
  assert.equal(mine.remotePort, theirs.localPort);
  assert.equal(mine.localPort, theirs.remotePort);
  assert.equal(mine.localAddress, '127.0.0.1');
  assert.deepEqual(mine.address(), {
    address: '127.0.0.1',
    family: 'IPv4',
    port: mine.localPort,
  });
});

testInRoles('_socket is open while the connection is', async (t, role) => {
  const { subject } = await connect(t, role);
  const { _socket: socket } = subject;

  assert.equal(socket.destroyed, false);
  assert.equal(socket.readyState, 'open');
  assert.equal(socket.readable, true);
  assert.equal(socket.writable, true);
  subject.terminate();
  await eventOf(subject, 'close');
  assert.equal(socket.destroyed, true);
  assert.equal(subject._socket, socket);
});

testInRoles(
  'socket options can be set and answer with the socket',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const { _socket: socket } = subject;

    assert.equal(socket.setNoDelay(false), socket);
    assert.equal(socket.setNoDelay(), socket);
    assert.equal(socket.setKeepAlive(true, 1000), socket);
    assert.equal(socket.setTimeout(0), socket);
    assert.equal(socket.ref(), socket);

    peer.send('still open');
    assert.equal(
      (await messagesOf(subject, 1))[0].data.toString(),
      'still open',
    );
  },
);

testInRoles(
  'bytesRead and bytesWritten grow with the traffic',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const { _socket: socket } = subject;
    const readBefore = socket.bytesRead;
    const writtenBefore = socket.bytesWritten;
    const received = eventOf(subject, 'message');
    const header = 4 + (role === 'server' ? 4 : 0);
    const answerHeader = 4 + (role === 'client' ? 4 : 0);

    raw.text('x'.repeat(1000));
    await received;
    subject.send('y'.repeat(2000));
    await raw.firstFrames(1);

    assert.equal(socket.bytesRead - readBefore, 1000 + header);
    assert.equal(socket.bytesWritten - writtenBefore, 2000 + answerHeader);
  },
);

testInRoles(
  'what is written to _socket keeps its place among frames',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const byHand = (text) =>
      Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]);

    subject.send('1', { mask: false });
    subject._socket.write(byHand('2'));
    subject.send('3', { mask: false });
    subject._socket.write(byHand('4').toString('latin1'), 'latin1');
    subject.ping('5', false);

    const frames = await raw.firstFrames(5);
    assert.deepEqual(
      frames.map(({ payload }) => payload.toString()),
      ['1', '2', '3', '4', '5'],
    );
  },
);

testInRoles('write() of _socket calls back', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);

  await new Promise((resolve, reject) => {
    subject._socket.write(Buffer.from([0x89, 0]), (error) =>
      error ? reject(error) : resolve(),
    );
  });

  const [frame] = await raw.firstFrames(1);
  assert.equal(frame.opcode, OPCODE.PING);
});

testInRoles(
  'frames of one cork of _socket arrive in order',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);

    subject._socket.cork();
    for (let i = 0; i < 10; i++) subject.send(`${i}`);
    subject._socket.uncork();

    const frames = await raw.firstFrames(10);
    assert.deepEqual(
      frames.map(({ payload }) => Number(payload)),
      [...Array(10).keys()],
    );
  },
);

testInRoles('destroy() of _socket is a 1006', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const closed = closeOf(subject);
  const socketClosed = eventOf(subject._socket, 'close');

  subject._socket.destroy();

  assert.equal((await closed).code, 1006);
  await socketClosed;
  await raw.end();
});

testInRoles(
  'destroy(error) of _socket is a 1006 and no error of the WebSocket',
  async (t, role) => {
    const { subject } = await connectRaw(t, role);
    const closed = closeOf(subject);
    const failed = eventOf(subject._socket, 'error');

    subject._socket.destroy(new Error('cut'));

    assert.equal((await failed)[0].message, 'cut');
    assert.equal((await closed).code, 1006);
  },
);

testInRoles('end() of _socket sends what waits, then ends', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const closed = closeOf(subject);

  subject.send('x'.repeat(300_000));
  subject._socket.end();

  await raw.end();
  assert.equal(raw.frames.length, 1);
  assert.equal(raw.frames[0].payload.length, 300_000);
  assert.equal((await closed).code, 1006);
});

testInRoles(
  "_socket emits 'end' and 'close' when the peer leaves",
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const order = [];
    subject._socket.on('end', () => order.push('end'));
    subject._socket.on('close', (hadError) => order.push(`close ${hadError}`));
    subject.on('close', () => order.push('WebSocket close'));
    const socketClosed = eventOf(subject._socket, 'close');

    raw.socket.end();

    await socketClosed;
    await until(() => order.length === 3, 'an event is missing');
    assert.deepEqual(order, ['end', 'WebSocket close', 'close false']);
  },
);

testInRoles(
  'destroySoon() and a paused _socket do not break the rest',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const received = [];
    subject.on('message', (data) => received.push(data.toString()));

    subject._socket.pause();
    raw.text('while paused');
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(subject.isPaused, false);
    subject._socket.resume();
    await eventOf(subject, 'message');

    assert.deepEqual(received, ['while paused']);
    subject._socket.destroySoon();
    assert.equal((await closeOf(subject)).code, 1006);
  },
);

test('req.socket of a connection is its _socket', async (t) => {
  const { wss, url } = await startServer(t, WebSocket);
  const accepted = eventOf(wss, 'connection');
  const client = new Peer(url);
  t.after(() => client.terminate());

  const [[connection, request]] = await Promise.all([
    accepted,
    eventOf(client, 'open'),
  ]);

  assert.equal(request.socket, connection._socket);
  assert.equal(request.socket.remoteAddress, '127.0.0.1');
  assert.equal(request.connection, connection._socket);
});

test('a message listener can ask for the remoteAddress of the request', async () => {
  const server = http.createServer();
  const wss = new WebSocketServer({ server });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = eventOf(wss, 'connection');
  const client = new Peer(`ws://127.0.0.1:${server.address().port}`);
  const [[connection, request]] = await Promise.all([
    accepted,
    eventOf(client, 'open'),
  ]);
  const seen = new Promise((resolve) => {
    connection.on('message', () => resolve(request.socket.remoteAddress));
  });

  client.send('who am I?');

  assert.equal(await seen, '127.0.0.1');
  client.close();
  await eventOf(connection, 'close');
  await new Promise((resolve) => server.close(resolve));
});

test("the 'upgrade' listener of an application can keep the socket", async (t) => {
  const server = http.createServer();
  const wss = new WebSocketServer({ noServer: true });
  const kept = new Promise((resolve) => {
    server.on('upgrade', (request, socket, head) => {
      wss.handleUpgrade(request, socket, head, (connection) => {
        resolve({ socket, connection });
      });
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const client = new Peer(`ws://127.0.0.1:${server.address().port}`);

  const [{ socket, connection }] = await Promise.all([
    kept,
    eventOf(client, 'open'),
  ]);
  assert.equal(socket, connection._socket);
  const gone = eventOf(socket, 'close');
  client.terminate();
  await gone;
});
