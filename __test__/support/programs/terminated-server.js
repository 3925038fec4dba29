'use strict';

// Echoes, and does what the mode says when it is told to terminate.

const { WebSocketServer } = require('../subject');

const [mode] = process.argv.slice(2);
const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' });

wss.on('listening', () => console.log(`port ${wss.address().port}`));
wss.on('connection', (connection) => {
  connection.on('message', (data) => connection.send(data));
});

const MODES = {
  'terminate all'(client) {
    client.terminate();
  },
  'close all'(client) {
    client.send('the last words');
    client.close(1001);
  },
};

if (mode !== 'no handler') {
  process.once('SIGTERM', () => {
    wss.close(() => console.log('the server is closed'));
    for (const client of wss.clients) MODES[mode](client);
  });
}
