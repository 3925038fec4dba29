// Echoes with what `import ... from 'ws'` gives.

import { once } from 'node:events';
import WebSocket, { WebSocketServer } from 'ws';

const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' });
wss.on('connection', (ws) => ws.on('message', (data) => ws.send(data)));
await once(wss, 'listening');
const client = new WebSocket(`ws://127.0.0.1:${wss.address().port}`);
await once(client, 'open');
client.send('imported');
const [answer] = await once(client, 'message');
client.close();
wss.close();
console.log(String(answer));
