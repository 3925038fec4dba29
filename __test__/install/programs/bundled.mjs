// The entry of the bundles: a server, a client, and an export that only hawser has.

import { once } from 'node:events';
import WebSocket, { configure, WebSocketServer } from 'ws';
import { answerTo } from './part-of-bundle.mjs';

main();

async function main() {
  const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  wss.on('connection', (ws) => {
    ws.on('message', (data) => ws.send(answerTo(data)));
  });
  await once(wss, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${wss.address().port}`);
  await once(client, 'open');
  client.send('echo');
  const [answer] = await once(client, 'message');
  client.close();
  wss.close();
  const isThere = typeof configure === 'function';
  console.log(`configure is ${isThere ? 'there' : 'missing'}, ${answer}`);
}
