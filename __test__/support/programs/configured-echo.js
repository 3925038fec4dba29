'use strict';

// Configures the engine, then lets a server and a client talk to each other.

const { configure, WebSocket, WebSocketServer } = require('../../..');

configure(JSON.parse(process.argv[2]));

const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' });
wss.on('connection', (connection) => {
  connection.on('message', (data) => connection.send(data.toString()));
});
wss.on('listening', () => {
  const client = new WebSocket(`ws://127.0.0.1:${wss.address().port}`);
  let count = 0;
  client.on('open', () => {
    for (let i = 0; i < 100; i++) client.send(`${i}`);
  });
  client.on('message', (data) => {
    if (data.toString() !== `${count}`) throw new Error(`got ${data}`);
    if (++count < 100) return;
    client.close();
    wss.close(() => console.log(`echoed ${count} messages`));
  });
});
