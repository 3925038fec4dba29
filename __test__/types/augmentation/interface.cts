/* What programs add to the types of `ws`, in CommonJS. */

import WS = require('ws');
import { WebSocket, WebSocketServer } from 'ws';

declare module 'ws' {
  interface WebSocket {
    isAlive: boolean;
    id?: string;
  }

  interface WebSocketServer {
    heartbeat?: NodeJS.Timeout;
  }

  interface ClientOptions {
    retries?: number;
  }
}

const wss = new WebSocketServer({ port: 0 }) as WebSocketServer;
wss.heartbeat = setInterval(() => {}, 1_000);

wss.on('connection', (ws: WebSocket) => {
  ws.isAlive = true;
  ws.on('pong', () => {
    ws.isAlive = false;
  });
});

(wss.clients as Set<WebSocket>).forEach((ws) => {
  if (!ws.isAlive) ws.terminate();
});

const options: WS.ClientOptions = { retries: 3 };
const ws = new WS('ws://localhost', options) as WebSocket;
ws.onmessage = (event) => event.target.isAlive;
ws.id = 'id';
const stream = WS.createWebSocketStream(ws);

export { stream };
