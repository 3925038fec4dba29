/* Streams, everything that can be sent, and messages as they come. */

import { Duplex, PassThrough, Transform, pipeline } from 'node:stream';

import WebSocket = require('ws');
import { createWebSocketStream, RawData } from 'ws';

const ws = new WebSocket('ws://localhost');
const stream: Duplex = createWebSocketStream(ws, { encoding: 'utf8' });

process.stdin.pipe(stream).pipe(process.stdout);
pipeline(stream, new PassThrough(), (error) => error?.code);
WebSocket.createWebSocketStream(new WebSocket.WebSocket('ws://localhost'), {
  allowHalfOpen: false,
  decodeStrings: false,
  highWaterMark: 1024,
  readableObjectMode: true,
}).pipe(new Transform());

ws.send('text');
ws.send(1);
ws.send(Buffer.alloc(1));
ws.send(new ArrayBuffer(1));
ws.send(new SharedArrayBuffer(1));
ws.send(new Uint8Array(1));
ws.send(new Float64Array(1));
ws.send(new DataView(new ArrayBuffer(1)));
ws.send(new Blob([]));
ws.send([1, 2]);
ws.send(['1', '2']);
ws.send({ valueOf: () => 'text' });
ws.send({ valueOf: () => new Uint8Array(1) });
ws.send({ [Symbol.toPrimitive]: (hint: string) => hint });
ws.send('text', (error) => error?.message);
ws.send('text', { binary: true, compress: true, fin: true, mask: true });
ws.send('text', { binary: undefined }, (error?: Error) => error);

const sendAsync = (data: string | Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    ws.send(data, (error) => (error ? reject(error) : resolve()));
  });

type Sendable = Parameters<WebSocket['send']>[0];
const queue: Sendable[] = ['text', Buffer.alloc(1)];
for (const data of queue) ws.send(data);

ws.ping();
ws.ping('data');
ws.ping(Buffer.alloc(1), false, (error: Error) => error.message);
ws.pong('data', true);

ws.binaryType = 'arraybuffer';
ws.binaryType = 'fragments';
ws.binaryType = 'nodebuffer';
const type: 'nodebuffer' | 'arraybuffer' | 'fragments' = ws.binaryType;

function toBuffer(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  if (data instanceof ArrayBuffer) return Buffer.from(data);
  return data;
}

const toText = (data: WebSocket.Data): string =>
  typeof data === 'string' ? data : toBuffer(data).toString('utf8');

ws.on('message', (data) => JSON.parse(toText(data)) as unknown);

switch (ws.readyState) {
  case WebSocket.CONNECTING:
  case ws.OPEN:
    break;
  case WebSocket.CLOSING:
  case 3:
    break;
  default: {
    const never: never = ws.readyState;
    throw new Error(String(never));
  }
}

export { sendAsync, type };
