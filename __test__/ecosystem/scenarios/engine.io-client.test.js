'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { Agent } = require('node:http');
const { createServer } = require('node:net');
const path = require('node:path');
const { test } = require('node:test');
const { Socket } = require('engine.io-client');

const { usesExpectedImplementation } = require('./support/implementation');
const { connect, startServer } = require('./support/engine-io');
const { eventOf, within } = require('./support/waiting');

usesExpectedImplementation('engine.io-client');

const PROGRAM = path.join(
  __dirname,
  'support',
  'programs',
  'engine-io-client.js',
);

test('with autoUnref an open connection lets the process end', async (t) => {
  const here = await startEchoServer(t);
  const program = runProgram(t, here.port, 'autoUnref');

  const [code] = await eventOf(program, 'close');

  assert.equal(code, 0);
  assert.equal(program.output, 'hello\n');
});

test('without autoUnref an open connection keeps the process alive', async (t) => {
  const here = await startEchoServer(t);
  const accepted = eventOf(here.server, 'connection');
  const program = runProgram(t, here.port);
  await eventOf(program.stdout, 'data');
  const [socket] = await accepted;

  // Ten more round trips after its last own reason to live.
  for (let i = 0; i < 10; i++) {
    socket.sendPacket('ping');
    await eventOf(socket, 'heartbeat');
  }
  assert.equal(program.exitCode, null);
  socket.close();

  const [code] = await eventOf(program, 'close');
  assert.equal(code, 0);
  assert.equal(program.output, 'hello\nclosed\n');
});

test('the client can go by itself, with all it has sent delivered', async (t) => {
  const here = await startServer(t);
  const { client, socket } = await connect(t, here);
  const received = [];
  socket.on('message', (text) => received.push(text));
  const closed = eventOf(socket, 'close');

  for (let i = 0; i < 500; i++) client.send(String(i));
  client.close();
  await closed;

  assert.equal(received.length, 500);
  assert.equal(received[499], '499');
});

test('options of the client reach the handshake: headers, protocols, agent', async (t) => {
  const here = await startServer(t);
  const agent = new Agent();
  let used = 0;
  const { createConnection } = agent;
  agent.createConnection = function (...args) {
    used += 1;
    return createConnection.apply(this, args);
  };
  const { client, socket } = await connect(t, here, {
    agent,
    extraHeaders: { 'X-Who': 'Ada' },
    protocols: ['one', 'two'],
    query: { a: '1' },
  });

  assert.equal(socket.request.headers['x-who'], 'Ada');
  assert.equal(socket.request._query.a, '1');
  assert.equal(client.transport.ws.protocol, 'one');
  assert.equal(used, 1);
});

test('a server that is not there is an error that can be told', async () => {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  const client = new Socket(`ws://127.0.0.1:${port}`, {
    transports: ['websocket'],
  });
  const closed = eventOf(client, 'close');

  const [error] = await eventOf(client, 'error');

  assert.equal(error.message, 'websocket error');
  assert.equal(error.type, 'TransportError');
  assert.equal(error.description.type, 'error');
  assert.equal(error.description.error.code, 'ECONNREFUSED');
  assert.equal((await closed)[0], 'transport error');
});

test('with tryAllTransports, polling is used where WebSocket is refused', async (t) => {
  const here = await startServer(t, { transports: ['polling'] });

  const { client } = await within(
    connect(t, here, {
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
    }),
    'the client has not connected',
  );

  assert.equal(client.transport.name, 'polling');
});

async function startEchoServer(t) {
  const here = await startServer(t);
  here.server.on('connection', (socket) => {
    socket.on('message', (data) => socket.send(data));
  });
  return here;
}

/** Its standard output is collected in `output`. */
function runProgram(t, ...args) {
  const program = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => program.kill());
  program.output = '';
  program.stdout.setEncoding('utf8');
  program.stdout.on('data', (text) => (program.output += text));
  return program;
}
