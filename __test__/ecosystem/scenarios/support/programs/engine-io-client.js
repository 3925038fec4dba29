'use strict';

/*
 * Connects, exchanges one message, says so, and has nothing else to do. With `autoUnref` the connection does not keep
 * the process alive.
 *
 *   node engine-io-client.js PORT [autoUnref]
 */

const { Socket } = require('engine.io-client');

const [port, mode] = process.argv.slice(2);
const client = new Socket(`ws://127.0.0.1:${port}`, {
  autoUnref: mode === 'autoUnref',
  transports: ['websocket'],
});

// What is unreferenced needs something else to wait with, for as long as the test of it takes.
const reason = setInterval(() => {}, 1000);

client.on('open', () => client.send('hello'));
client.on('message', (text) => {
  clearInterval(reason);
  process.stdout.write(`${text}\n`);
});
client.on('close', () => process.stdout.write('closed\n'));
