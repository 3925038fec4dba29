// Is compiled, not run: what a program written for @types/ws says.

import { createServer } from 'node:http';
import WebSocket, { type RawData, WebSocketServer } from 'ws';

const wss: WebSocketServer = new WebSocketServer({ server: createServer() });
wss.on('connection', (ws: WebSocket, request) => {
  const url: string | undefined = request.url;
  ws.on('message', (data: RawData, isBinary: boolean) => {
    ws.send(data, { binary: isBinary }, (error?: Error) => {
      if (error) console.error(url, error.message);
    });
  });
});

const options: WebSocket.ClientOptions = { perMessageDeflate: false };
const client = new WebSocket('ws://127.0.0.1:1', options);
const state: 0 | 1 | 2 | 3 = client.readyState;
console.log(state, WebSocket.OPEN);

// @ts-expect-error: no such option, so the types are not `any`
new WebSocketServer({ prot: 1 });
