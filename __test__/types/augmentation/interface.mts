/* What programs add to the types of `ws`, in an ES module. */

import WebSocket, { WebSocketServer, type ClientOptions } from 'ws';

declare module 'ws' {
  interface WebSocket {
    isAlive: boolean;
    id?: string;
  }

  interface WebSocketServer {
    heartbeat?: NodeJS.Timeout;
  }

  namespace WebSocket {
    interface ClientOptions {
      retries?: number;
    }
  }
}

const wss: WebSocketServer = new WebSocketServer({ port: 0 });
wss.heartbeat = setInterval(() => {
  for (const ws of wss.clients) {
    if (!ws.isAlive) ws.terminate();
  }
}, 1_000);

wss.on('connection', function (ws) {
  ws.isAlive = true;
  ws.on('pong', function () {
    this.isAlive = true;
    ws.isAlive = true;
  });
  ws.onmessage = (event) => (event.target.isAlive = true);
});

const options: ClientOptions = { retries: 3 };
export const ws = new WebSocket('ws://localhost', {
  ...options,
  finishRequest: (request, client) => {
    client.isAlive = true;
    request.end();
  },
});
ws.id = 'id';
