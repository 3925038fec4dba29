'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Peer } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { runProgram } = require('./support/programs');
const { connectRawClient } = require('./support/raw-peer');
const { closeOf, eventOf, messagesOf } = require('./support/waiting');

for (const [what, act] of [
  ['message', (client) => client.send('throw')],
  ['ping', (client) => client.ping('throw')],
]) {
  test(`an exception of a ${what} listener ends the process with code 1`, async (t) => {
    const program = runProgram(t, 'throwing-listener');
    const client = await connectTo(t, program);
    const closed = closeOf(client);

    act(client);

    const { code, stderr } = await program.ended;
    assert.equal(code, 1);
    assert.match(stderr, /Error: thrown by a listener/);
    assert.match(stderr, /throwing-listener\.js:\d+/);
    assert.equal((await closed).code, 1006);
  });
}

test('an exception of a close listener ends the process with code 1', async (t) => {
  const program = runProgram(t, 'throwing-listener', 'throw on close');
  const client = await connectTo(t, program);

  client.close();

  const { code, stderr } = await program.ended;
  assert.equal(code, 1);
  assert.match(stderr, /Error: thrown by a listener/);
});

test('a rejection of a message listener ends the process with code 1', async (t) => {
  const program = runProgram(t, 'throwing-listener');
  const client = await connectTo(t, program);

  client.send('reject');

  const { code, stderr } = await program.ended;
  assert.equal(code, 1);
  assert.match(stderr, /rejected by a listener/);
});

test('an exception reaches uncaughtException and other connections go on', async (t) => {
  const program = runProgram(t, 'throwing-listener', 'handled');
  const first = await connectTo(t, program);
  const second = await connectTo(t, program);

  first.send('throw');
  await program.line('caught thrown by a listener (uncaughtException)');
  second.send('still here');

  assert.equal((await messagesOf(second, 1))[0].data.toString(), 'still here');
});

test('messages before the exception in one write are delivered', async (t) => {
  const program = runProgram(t, 'throwing-listener');
  const raw = await connectRawTo(t, program);

  raw.send(
    ...['1', '2', 'throw'].map((payload) => ({ opcode: OPCODE.TEXT, payload })),
  );

  const { code, stdout } = await program.ended;
  assert.equal(code, 1);
  assert.deepEqual(stdout.trim().split('\n').slice(1, 4), [
    'message 1',
    'message 2',
    'message throw',
  ]);
});

async function connectTo(t, program) {
  const client = new Peer(`ws://127.0.0.1:${await program.line('port ')}`);
  t.after(() => client.terminate());
  await eventOf(client, 'open');
  return client;
}

async function connectRawTo(t, program) {
  return connectRawClient(t, Number(await program.line('port ')));
}
