'use strict';

// Listens, tells its port, and throws in the listener of the message 'throw'.
// With the argument 'handled' it goes on after that.

const { WebSocketServer } = require('../subject');

const [mode] = process.argv.slice(2);
const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' });

wss.on('listening', () => console.log(`port ${wss.address().port}`));
wss.on('connection', (connection) => {
  connection.on('message', (data) => {
    const text = data.toString();
    console.log(`message ${text}`);
    if (text === 'throw') throw new Error('thrown by a listener');
    if (text === 'reject')
      return Promise.reject(new Error('rejected by a listener'));
    connection.send(text);
  });
  connection.on('ping', (data) => {
    if (data.toString() === 'throw') throw new Error('thrown by a listener');
  });
  connection.on('close', (code) => {
    console.log(`closed ${code}`);
    if (mode === 'throw on close') throw new Error('thrown by a listener');
    wss.close();
  });
});

if (mode === 'handled') {
  process.on('uncaughtException', (error, origin) => {
    console.log(`caught ${error.message} (${origin})`);
  });
}
