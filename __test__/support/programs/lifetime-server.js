'use strict';

// Listens and, once there is a connection, does what the mode says.

const { WebSocketServer } = require('../subject');

const [mode] = process.argv.slice(2);
const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' });

const modes = {
  'stop listening'() {
    wss.close();
  },
  'stop listening and unref'(connection) {
    wss.close();
    connection._socket.unref();
  },
  'send and exit'(connection) {
    connection.send('first');
    connection.send(Buffer.alloc(1000, 'x'));
    connection.send('last');
    process.exit(0);
  },
  'answer and exit'(connection) {
    connection.on('message', (data) => {
      connection.send(`answer to ${data}`);
      if (data.toString() === 'quit') process.exit(3);
    });
  },
};

wss.on('listening', () => console.log(`port ${wss.address().port}`));
wss.on('connection', (connection) => {
  console.log('connected');
  connection.on('close', (code) => console.log(`closed ${code}`));
  modes[mode](connection);
});
