'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Peer } = require('./support/connections');
const { runProgram } = require('./support/programs');
const { closeOf, eventOf } = require('./support/waiting');

const CLIENTS = 40;

for (const last of [500, 523, 546, 569, 592, 615, 638, 661]) {
  test(`process.exit() in the listener of message ${last} loses nothing that was sent to others`, async (t) => {
    // Elsewhere the reset that follows unread messages may take with it what the peer has yet to read.
    if (process.platform !== 'linux') return;

    const program = runProgram(t, 'exit-amid-messages', String(last));
    const url = `ws://127.0.0.1:${await program.line('port ')}`;
    const clients = Array.from({ length: CLIENTS }, () => new Peer(url));
    await Promise.all(clients.map((client) => eventOf(client, 'open')));
    const heard = clients.map(() => []);
    const closed = clients.map((client) => closeOf(client));

    clients.forEach((client, index) => {
      client.on('error', () => {});
      client.on('message', (data) => {
        heard[index].push(data.toString());
        client.send(`message ${heard[index].length}`);
      });
      client.send('message 0');
    });

    assert.equal((await program.ended).code, 0);
    await Promise.all(closed);
    for (const list of heard) {
      const answers = list.slice(0, -1);
      assert.deepEqual(
        answers,
        answers.map((_, index) => `message ${index}`),
      );
      assert.equal(list.at(-1), 'last word');
    }
  });
}
