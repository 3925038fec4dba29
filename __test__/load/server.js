'use strict';

// Echoes to thousands. Runs as a child of run.js.

const { WebSocketServer } = require('../support/subject');
const { answerSamples } = require('../soak/sampling');

const wss = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  backlog: 4096,
});
const closes = {};

answerSamples(() => wss.clients.size);
wss.on('listening', () => {
  process.send({ type: 'listening', port: wss.address().port });
});
wss.on('connection', (connection) => {
  connection.on('message', (data, isBinary) => {
    connection.send(data, { binary: isBinary });
  });
  connection.on('close', (code) => (closes[code] = (closes[code] ?? 0) + 1));
});
process.on('message', ({ type }) => {
  if (type === 'closes') process.send({ type, closes });
});
