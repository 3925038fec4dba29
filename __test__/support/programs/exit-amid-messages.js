'use strict';

// Answers messages of many connections. The one with the given number ends the process, after a last word to all of
// them, while messages of others are still being delivered.

const { WebSocketServer } = require('../subject');

const last = Number(process.argv[2]);
const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' });
let count = 0;

wss.on('listening', () => console.log(`port ${wss.address().port}`));
wss.on('connection', (connection) => {
  connection.on('message', (data) => {
    count++;
    if (count === last) end();
    // Now and then, so that more is found at once.
    if (count % 50 === 0) spin(2);
    connection.send(data);
  });
});

function end() {
  for (const client of wss.clients) client.send('last word');
  process.exit(0);
}

function spin(milliseconds) {
  const until = performance.now() + milliseconds;

  while (performance.now() < until);
}
