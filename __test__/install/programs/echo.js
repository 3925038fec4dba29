'use strict';

// Echoes with what `require('ws')` gives. Prints its name, and the binary that is in use.

const { once } = require('node:events');
const WebSocket = require('ws');
const { name } = require('ws/package.json');

main();

async function main() {
  const wss = new WebSocket.WebSocketServer({ port: 0, host: '127.0.0.1' });
  wss.on('connection', (ws) => ws.on('message', (data) => ws.send(data)));
  await once(wss, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${wss.address().port}`);
  await once(client, 'open');
  client.send('required');
  const [answer] = await once(client, 'message');
  client.close();
  wss.close();

  const binary = Object.keys(require.cache).find((file) =>
    file.endsWith('.node'),
  );
  console.log(JSON.stringify({ name, answer: String(answer), binary }));
}
