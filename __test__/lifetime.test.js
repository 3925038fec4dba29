'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Peer, startServer } = require('./support/connections');
const { runProgram } = require('./support/programs');
const { closeOf, eventOf } = require('./support/waiting');

test('an open client keeps its process alive until it closes', async (t) => {
  const { wss, url } = await startServer(t, Peer);
  const accepted = eventOf(wss, 'connection');
  const program = runProgram(t, 'lifetime-client', url, 'stay');
  const [connection] = await accepted;
  await program.line('open');

  connection.send('are you there?');
  await program.line('message are you there?');
  assert.equal(program.child.exitCode, null);
  connection.close(1000);

  const { code, stdout } = await program.ended;
  assert.equal(code, 0);
  assert.match(stdout, /closed 1000/);
});

test('a paused client keeps its process alive', async (t) => {
  const { wss, url } = await startServer(t, Peer);
  wss.on('connection', (connection) => {
    connection.on('message', () => connection.close(1000));
  });

  const program = runProgram(t, 'lifetime-client', url, 'pause for a while');

  const { code, stdout } = await program.ended;
  assert.equal(code, 0);
  assert.equal(stdout, 'resumed\nclosed 1000\n');
});

test('unref() of _socket lets the process of a client end', async (t) => {
  const { url } = await startServer(t, Peer);

  const program = runProgram(t, 'lifetime-client', url, 'unref');

  const { code, stdout } = await program.ended;
  assert.equal(code, 0);
  assert.equal(stdout, 'open\n');
});

test('a socket may have been unref()ed before it is a WebSocket', async (t) => {
  const { url } = await startServer(t, Peer);

  const program = runProgram(t, 'lifetime-client', url, 'unref before');

  const { code, stdout } = await program.ended;
  assert.equal(code, 0);
  assert.equal(stdout, 'open\n');
});

test('what a slow peer has yet to take is sent, though the socket is unref()ed', async (t) => {
  const { wss, url } = await startServer(t, Peer);
  const accepted = eventOf(wss, 'connection');
  const program = runProgram(t, 'lifetime-client', url, 'unref and send much');
  const [connection] = await accepted;
  connection.pause();
  const message = eventOf(connection, 'message');

  // Longer than what is queued may hold up the end of a process.
  setTimeout(() => connection.resume(), 1000);

  const { code, stdout } = await program.ended;
  assert.equal(code, 0);
  assert.equal(stdout, 'written\n');
  assert.equal((await message)[0].length, 32 * 1024 * 1024);
});

for (const [mode, expected] of [
  ['unref and terminate', 'closed 1006\n'],
  ['unref and end', 'ended\n'],
]) {
  test(`a program that does '${mode}' is told what came of it`, async (t) => {
    const { url } = await startServer(t, Peer);

    const program = runProgram(t, 'lifetime-client', url, mode);

    const { code, stdout } = await program.ended;
    assert.equal(code, 0);
    assert.ok(stdout.startsWith(expected), stdout);
  });
}

test('ref() takes unref() back', async (t) => {
  const { wss, url } = await startServer(t, Peer);
  const accepted = eventOf(wss, 'connection');
  const program = runProgram(t, 'lifetime-client', url, 'unref and ref');
  const [connection] = await accepted;
  await program.line('open');

  connection.send('still there');
  await program.line('message still there');
  connection.terminate();

  assert.equal((await program.ended).code, 0);
});

test('an open connection keeps the process of a server alive', async (t) => {
  const program = runProgram(t, 'lifetime-server', 'stop listening');
  const client = await connectTo(t, program);
  await program.line('connected');

  client.ping('alive?');
  await eventOf(client, 'pong');
  assert.equal(program.child.exitCode, null);
  client.close(1000);

  const { code, stdout } = await program.ended;
  assert.equal(code, 0);
  assert.match(stdout, /closed 1000/);
});

test('unref() of _socket lets the process of a server end', async (t) => {
  const program = runProgram(t, 'lifetime-server', 'stop listening and unref');
  const client = await connectTo(t, program);
  const closed = client.readyState === Peer.CLOSED ? null : closeOf(client);

  assert.equal((await program.ended).code, 0);
  await closed;
});

for (const [mode, expected, exitCode] of [
  ['send and exit', ['first', 'x'.repeat(1000), 'last'], 0],
  ['send in exit listener', ['from the exit listener'], 0],
  ['send and throw', ['before the exception'], 1],
  ['close and end', ['before the close'], 0],
  ['send and unref', Array.from({ length: 100 }, (_, i) => `message ${i}`), 0],
]) {
  test(`nothing is lost when a client does '${mode}'`, async (t) => {
    const { wss, url } = await startServer(t, Peer);
    const received = [];
    const closed = new Promise((resolve) => {
      wss.on('connection', (connection) => {
        connection.on('message', (data) => received.push(data.toString()));
        connection.on('close', resolve);
      });
    });

    const program = runProgram(t, 'lifetime-client', url, mode);

    assert.equal((await program.ended).code, exitCode);
    await closed;
    assert.deepEqual(received, expected);
  });
}

test("nothing is lost when a server does 'send and exit'", async (t) => {
  const program = runProgram(t, 'lifetime-server', 'send and exit');
  const received = [];
  const client = new Peer(`ws://127.0.0.1:${await program.line('port ')}`);
  client.on('message', (data) => received.push(data.toString()));

  const closed = closeOf(client);

  assert.equal((await program.ended).code, 0);
  assert.equal((await closed).code, 1006);
  assert.deepEqual(received, ['first', 'x'.repeat(1000), 'last']);
});

test('an answer sent right before process.exit() in a listener arrives', async (t) => {
  const program = runProgram(t, 'lifetime-server', 'answer and exit');
  const client = await connectTo(t, program);
  const received = [];
  client.on('message', (data) => received.push(data.toString()));
  const closed = closeOf(client);

  client.send('hello');
  client.send('quit');

  assert.equal((await program.ended).code, 3);
  await closed;
  assert.deepEqual(received, ['answer to hello', 'answer to quit']);
});

async function connectTo(t, program) {
  const client = new Peer(`ws://127.0.0.1:${await program.line('port ')}`);
  t.after(() => client.terminate());
  await eventOf(client, 'open');
  return client;
}
