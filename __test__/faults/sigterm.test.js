'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Peer } = require('../support/connections');
const { runProgram } = require('../support/programs');
const { open } = require('../support/servers');
const { closeOf } = require('../support/waiting');

const CLIENTS = 20;
/** There are no signals like these on Windows. */
const options = { skip: process.platform === 'win32' };

test('SIGTERM ends a process with live connections', options, async (t) => {
  const { program, codes } = await terminated(t, 'no handler');

  assert.equal(program.signal, 'SIGTERM');
  assert.deepEqual(new Set(codes), new Set([1006]));
});

test(
  'SIGTERM and a handler that terminates everybody end it cleanly',
  options,
  async (t) => {
    const { program, codes } = await terminated(t, 'terminate all');

    assert.deepEqual([program.code, program.stderr], [0, '']);
    assert.match(program.stdout, /the server is closed/);
    assert.deepEqual(new Set(codes), new Set([1006]));
  },
);

test(
  'SIGTERM and a handler that closes everybody end it when all have left',
  options,
  async (t) => {
    const { program, codes, lastWords } = await terminated(t, 'close all');

    assert.deepEqual([program.code, program.stderr], [0, '']);
    assert.match(program.stdout, /the server is closed/);
    assert.deepEqual(codes, Array(CLIENTS).fill(1001));
    assert.deepEqual(lastWords, Array(CLIENTS).fill('the last words'));
  },
);

/** Sends the signal in the midst of traffic, and tells how everybody ended. */
async function terminated(t, mode) {
  const { child, ended, line } = runProgram(t, 'terminated-server', mode);
  const url = `ws://127.0.0.1:${await line('port')}`;
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, () => open(t, url)),
  );
  const lastWords = clients.map(() => '');
  await Promise.all(
    clients.map(
      (client, i) =>
        new Promise((resolve) => {
          client.on('message', (data) => {
            lastWords[i] = data.toString();
            if (client.readyState === Peer.OPEN) client.send('and so on');
            resolve();
          });
          client.on('error', () => {});
          client.send('hello');
        }),
    ),
  );
  const closed = clients.map(closeOf);

  child.kill('SIGTERM');

  const program = await ended;
  const codes = (await Promise.all(closed)).map(({ code }) => code);
  return { program, codes, lastWords };
}
