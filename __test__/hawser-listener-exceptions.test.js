'use strict';

// hawser only: after an exception `ws` leaves the rest of a chunk unread and
// the connection stuck.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { OPCODE } = require('./support/frames');
const { runProgram } = require('./support/programs');
const { connectRawClient } = require('./support/raw-peer');

test('the rest of a write is delivered after an uncaughtException', async (t) => {
  const program = runProgram(t, 'throwing-listener', 'handled');
  const raw = await connectRawClient(t, Number(await program.line('port ')));

  raw.send(
    ...['1', 'throw', '2', 'throw', '3'].map((payload) => ({
      opcode: OPCODE.TEXT,
      payload,
    })),
  );
  const frames = await raw.firstFrames(3);
  raw.text('later');
  await raw.firstFrames(4);
  raw.close(1000);

  assert.deepEqual(
    frames.map(({ payload }) => payload.toString()),
    ['1', '2', '3'],
  );
  const { code, stdout } = await program.ended;
  assert.equal(code, 0);
  assert.deepEqual(stdout.trim().split('\n').slice(1), [
    'message 1',
    'message throw',
    'caught thrown by a listener (uncaughtException)',
    'message 2',
    'message throw',
    'caught thrown by a listener (uncaughtException)',
    'message 3',
    'message later',
    'closed 1000',
  ]);
});

test('an exception of a ping listener does not lose the next message', async (t) => {
  const program = runProgram(t, 'throwing-listener', 'handled');
  const raw = await connectRawClient(t, Number(await program.line('port ')));

  raw.send(
    { opcode: OPCODE.PING, payload: 'throw' },
    { opcode: OPCODE.TEXT, payload: 'next' },
  );

  const [pong, message] = await raw.firstFrames(2);
  assert.equal(pong.opcode, OPCODE.PONG);
  assert.equal(message.payload.toString(), 'next');
});
