/* A heartbeat: connections with a property more, and a class that wraps. */

import WebSocket = require('ws');
import { createServer, IncomingMessage } from 'node:http';

import { RawData, WebSocketServer } from 'ws';

interface Watched extends WebSocket.WebSocket {
  isAlive: boolean;
}

const wss = new WebSocketServer({ server: createServer(), path: '/' });

wss.on('connection', (ws: Watched, request: IncomingMessage) => {
  ws.isAlive = true;
  ws.on('error', console.error);
  ws.on('pong', () => {
    ws.isAlive = false;
  });
  ws.on('message', (data: RawData, isBinary: boolean) => {
    for (const client of wss.clients) {
      if (client !== ws && client.readyState === WebSocket.OPEN) {
        client.send(data as Buffer, { binary: isBinary });
      }
    }
  });
});

// Which of the three a message is can be told by exclusion.
function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  if (data instanceof ArrayBuffer) return Buffer.from(data);
  return data;
}

class Wrapped extends WebSocket {
  override close(code?: number, data?: string | Buffer): void {
    super.close(code, data);
  }

  override ping(data?: any, mask?: boolean, cb?: (err: Error) => void): void {
    super.ping(data, mask, cb);
  }

  override send(data: any, ...rest: any[]): void {
    super.send(data, rest[0], rest[1]);
  }
}

new WebSocket.Server<typeof Wrapped>({ noServer: true, WebSocket: Wrapped });
