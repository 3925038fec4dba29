/*
 * A CommonJS program that uses everything hawser exports. It is compiled, never
 * run.
 */

import WebSocket = require('hawser');
import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { Duplex } from 'node:stream';

import { createWebSocketStream, PerMessageDeflate } from 'hawser';

// Every name, in each of the places where `ws` has it.

const classes: (typeof WebSocket.WebSocket)[] = [
  WebSocket,
  WebSocket.WebSocket,
];
const servers: (typeof WebSocket.Server)[] = [
  WebSocket.Server,
  WebSocket.WebSocketServer,
];

WebSocket.configure({ ioThreads: 'auto', takeover: true });
WebSocket.configure({ nativeHandshake: false });
WebSocket.configure({ ioThreads: 4 });
WebSocket.configure({
  maxDeflateContexts: 100,
  maxInboundBytes: 1,
  maxOutboundBytes: 0,
});
const usage: WebSocket.MemoryUsage = WebSocket.memoryUsage();
usage.inboundBytes + usage.outboundBytes + usage.deflateContexts;
// @ts-expect-error: a number or 'auto'
WebSocket.configure({ ioThreads: 'many' });

// A client.

const options: WebSocket.ClientOptions = {
  agent: new http.Agent(),
  allowSynchronousEvents: false,
  autoPong: false,
  ca: readFileSync('ca.pem'),
  checkServerIdentity: () => undefined,
  closeTimeout: 1_000,
  createConnection: (() => new Duplex()) as never,
  finishRequest(request, websocket) {
    request.setHeader('X-Ready-State', websocket.readyState);
    request.end();
  },
  followRedirects: true,
  generateMask(mask) {
    mask.fill(0);
  },
  handshakeTimeout: 5_000,
  headers: { Cookie: 'a=b' },
  maxBufferedAmount: 1_000_000,
  maxBufferedChunks: 1,
  maxFragments: 2,
  maxPayload: 3,
  maxPendingAutoPongs: 4,
  maxRedirects: 5,
  origin: 'https://example.com',
  perMessageDeflate: {
    clientMaxWindowBits: 9,
    clientNoContextTakeover: true,
    concurrencyLimit: 10,
    serverMaxWindowBits: 10,
    serverNoContextTakeover: true,
    threshold: 1024,
    zlibDeflateOptions: { level: 3, memLevel: 7 },
    zlibInflateOptions: { chunkSize: 10 * 1024 },
  },
  protocols: ['chat', 'superchat'],
  protocolVersion: 8,
  rejectUnauthorized: false,
  servername: 'example.com',
  skipUTF8Validation: true,
};

new WebSocket('ws://localhost');
new WebSocket(new URL('wss://localhost'), 'chat');
new WebSocket('ws+unix:/tmp/a.sock:/path', ['chat', 'superchat'], options);
new WebSocket('ws://localhost', { auth: 'user:pass', localPort: 4000 });
new WebSocket(null);
// @ts-expect-error: an address is needed
new WebSocket();
// @ts-expect-error: there is no such option
new WebSocket('ws://localhost', { maxPayloadLength: 1 });

const ws = new WebSocket('ws://localhost', options);

const state: 0 | 1 | 2 | 3 = ws.readyState;
const isOpen: boolean = ws.readyState === WebSocket.OPEN;
const states: [0, 1, 2, 3] = [
  ws.CONNECTING,
  WebSocket.OPEN,
  ws.CLOSING,
  WebSocket.CLOSED,
];
const description: string = ws.protocol + ws.extensions + ws.url;
const backlog: number = ws.isPaused ? 0 : ws.bufferedAmount;

// @ts-expect-error: it cannot be assigned
ws.readyState = WebSocket.OPEN;

ws.binaryType = 'nodebuffer';
ws.binaryType = 'arraybuffer';
ws.binaryType = 'fragments';
ws.binaryType = 'blob';
// @ts-expect-error: there is no such type
ws.binaryType = 'string';

ws.send('text');
ws.send(42);
ws.send(Buffer.from('bytes'), (error) => error?.message);
ws.send(new Uint16Array(2), { binary: true, compress: false, fin: false });
ws.send(new DataView(new ArrayBuffer(1)), { mask: false }, () => {});
ws.send(new SharedArrayBuffer(1));
ws.send(new Blob(['blob']));
ws.send([1, 2, 3]);
ws.send({ valueOf: () => 'text' });
// @ts-expect-error: an object without bytes
ws.send({ type: 'greeting' });
// @ts-expect-error: there is no such option
ws.send('text', { opcode: 1 });

ws.ping();
ws.ping('data', true, (error) => error.message);
ws.pong(Buffer.alloc(1), () => {});
ws.pause();
ws.resume();
ws.close();
ws.close(1000, 'bye');
ws.close(4000, new Uint8Array(3));
// @ts-expect-error: the code is a number
ws.close('1000');
ws.terminate();

// Its events, as an EventEmitter and as an EventTarget.

ws.on('open', function () {
  this.send('text');
})
  .once('message', (data, isBinary) => {
    const text: string = isBinary ? '' : data.toString();
    const raw: Buffer | ArrayBuffer | Buffer[] = data;
  })
  .on('message', (data: Buffer) => data.subarray(1))
  .on('message', (data: Blob) => data.size)
  .on('close', (code, reason) => `${code.toFixed()} ${reason.readInt8()}`)
  .on('error', (error) => error.stack)
  .on('upgrade', (response) => response.statusCode)
  .on('redirect', (url, request) => request.setHeader('X', url))
  .on('unexpected-response', (request, response) => {
    request.destroy();
    response.resume();
  })
  .addListener('ping', (data) => data.length)
  .on('pong', (data) => data.length)
  .on('something-else', (...args) => args.length)
  .off('ping', () => {})
  .removeListener('pong', () => {});

const onMessage = (event: WebSocket.MessageEvent): void => {
  const data: WebSocket.Data = event.data;
  event.target.close();
};

ws.onmessage = onMessage;
ws.onopen = (event) => event.type;
ws.onclose = ({ code, reason, wasClean }) => [code.toFixed(), reason, wasClean];
ws.onerror = ({ error, message }) => [error, message];
ws.onerror = null;
ws.addEventListener('message', onMessage, { once: true });
ws.addEventListener('close', { handleEvent: (event) => event.code });
ws.removeEventListener('message', onMessage);
// @ts-expect-error: there is no such event
ws.addEventListener('ping', () => {});

// A server, with a class of one's own on each side of it.

class Client extends WebSocket {
  isAlive = true;

  override terminate(): void {
    this.isAlive = false;
    super.terminate();
  }
}

class Request extends http.IncomingMessage {
  user = 'nobody';
}

const verifyClient: WebSocket.VerifyClientCallbackSync<Request> = (info) =>
  info.secure && info.origin === 'https://a.test' && info.req.user !== 'nobody';

const wss = new WebSocket.Server<typeof Client, typeof Request>(
  {
    allowSynchronousEvents: true,
    autoPong: true,
    backlog: 100,
    clientTracking: true,
    closeTimeout: 1_000,
    handleProtocols: (protocols, request) =>
      protocols.has(request.user) && request.user,
    host: '127.0.0.1',
    maxBufferedAmount: 1_000_000,
    maxBufferedChunks: 1,
    maxFragments: 2,
    maxPayload: 3,
    maxPendingAutoPongs: 4,
    path: '/socket',
    perMessageDeflate: true,
    port: 0,
    skipUTF8Validation: false,
    verifyClient,
    WebSocket: Client,
  },
  () => {},
);

wss
  .on('connection', function (client, request) {
    client.isAlive = request.user !== 'nobody';
    this.clients.add(client);
    // @ts-expect-error: neither WebSocket nor Client has it
    client.isDead;
  })
  .once('listening', () => {})
  .on('headers', (headers, request) => headers.push(`X-User: ${request.user}`))
  .on('wsClientError', (error, socket, request) => {
    socket.end(`HTTP/1.1 400 ${error.message}\r\n\r\n${request.url}`);
  })
  .on('error', (error) => error.message)
  .on('close', () => {});

const address = wss.address();
if (address !== null && typeof address !== 'string') address.port.toFixed();

wss.close((error) => error?.message);

for (const client of wss.clients) client.isAlive = false;

new WebSocket.WebSocketServer({ server: http.createServer() });
new WebSocket.WebSocketServer({ server: https.createServer() });
new WebSocket.WebSocketServer({
  noServer: true,
  verifyClient(
    info: { secure: boolean },
    callback: Parameters<WebSocket.VerifyClientCallbackAsync>[1],
  ) {
    callback(info.secure, 403, 'Forbidden', { 'X-Reason': 'no' });
  },
});
// @ts-expect-error: it has to be a WebSocket
new WebSocket.WebSocketServer({ noServer: true, WebSocket: Request });

class QuietServer extends WebSocket.WebSocketServer {
  override shouldHandle(request: http.IncomingMessage): boolean {
    return request.url === '/quiet';
  }
}

const quiet = new QuietServer({ noServer: true });

http.createServer().on('upgrade', (request, socket, head) => {
  quiet.handleUpgrade(request, socket, head, (client, req) => {
    quiet.emit('connection', client, req);
  });
});

// Streams.

const stream: Duplex = createWebSocketStream(ws, {
  encoding: 'utf8',
  readableObjectMode: true,
});

stream.pipe(WebSocket.createWebSocketStream(new Client('ws://localhost')));

// The parts below.

const offers = WebSocket.extension.parse('permessage-deflate; a; b=1, x');
const header: string = WebSocket.extension.format({
  [PerMessageDeflate.extensionName]: [{ a: true, b: [1, '2'] }, {}],
});
const protocols: Set<string> = WebSocket.subprotocol.parse('a, b');

const perMessageDeflate = new PerMessageDeflate({
  clientMaxWindowBits: true,
  isServer: true,
  maxPayload: 10,
  threshold: 0,
});

perMessageDeflate.accept(offers['permessage-deflate'] ?? []);
perMessageDeflate.offer().client_max_window_bits;
perMessageDeflate.params?.server_no_context_takeover;
perMessageDeflate.compress('text', true, (error, data) => {
  if (data) perMessageDeflate.decompress(data, true, () => {});
});
perMessageDeflate.cleanup();

const receiver = new WebSocket.Receiver({
  binaryType: 'blob',
  extensions: { [PerMessageDeflate.extensionName]: perMessageDeflate },
  isServer: true,
});

receiver.on('conclude', (code, reason) => reason.toString('utf8', code));
receiver.on('message', (data, isBinary) => isBinary && data);
receiver.write(Buffer.from([0x89, 0x00]));

const sender = new WebSocket.Sender(stream, {}, (mask) => mask.fill(1));
const frame: (Buffer | string)[] = WebSocket.Sender.frame(Buffer.alloc(1), {
  fin: true,
  mask: true,
  opcode: 2,
  readOnly: false,
  rsv1: false,
});

sender.send('text', { binary: false, compress: false, fin: true, mask: true });
sender.ping('', true);
sender.pong('', true, () => {});
sender.sendFrame(frame, (error) => error?.message);
sender.close(1000, 'bye', true, () => {});
