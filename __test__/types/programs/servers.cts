/* Each way to serve, and each hook of a server. */

import * as http from 'node:http';
import * as https from 'node:https';
import type { Duplex } from 'node:stream';

import { AddressInfo, WebSocket, WebSocketServer } from 'ws';
import WS = require('ws');

const onPort: WebSocketServer = new WebSocketServer(
  {
    allowSynchronousEvents: false,
    autoPong: false,
    backlog: 10,
    clientTracking: false,
    host: '127.0.0.1',
    maxBufferedChunks: 1,
    maxFragments: 1,
    maxPayload: 1,
    path: '/path',
    perMessageDeflate: { threshold: 10 },
    port: 0,
    skipUTF8Validation: true,
  },
  () => console.log((onPort.address() as AddressInfo).port),
);
const onServer = new WebSocketServer({ server: https.createServer() });
const onNothing = new WebSocketServer({ noServer: true });

// Both kinds of `verifyClient`.
const sync: WS.VerifyClientCallbackSync = ({ origin, secure, req }) =>
  secure && origin === 'https://example.com' && req.url !== undefined;
const async: WS.VerifyClientCallbackAsync = ({ req }, callback) => {
  if (req.headers.authorization) callback(true);
  else callback(false, 401, 'Unauthorized', { 'WWW-Authenticate': 'Basic' });
};
new WS.Server({ port: 0, verifyClient: sync });
new WS.Server({ port: 0, verifyClient: async });
new WS.Server({
  port: 0,
  verifyClient(info: { origin: string; secure: boolean }): boolean {
    return info.secure;
  },
});
new WS.Server({
  port: 0,
  verifyClient: (
    info: { origin: string; secure: boolean; req: http.IncomingMessage },
    done: (res: boolean, code?: number, message?: string) => void,
  ) => done(info.secure, 403),
});

const server = http.createServer();

server.on(
  'upgrade',
  (request: http.IncomingMessage, socket: Duplex, head: Buffer) => {
    const { pathname } = new URL(request.url ?? '/', 'ws://localhost');

    if (pathname !== '/socket') return void socket.destroy();

    onNothing.handleUpgrade(request, socket, head, (ws, req) => {
      onNothing.emit('connection', ws, req);
    });
  },
);

const alive = new WeakMap<WebSocket, boolean>();

onNothing.on('connection', (ws: WebSocket, request: http.IncomingMessage) => {
  alive.set(ws, request.socket.remoteAddress !== undefined);
  ws.on('pong', () => alive.set(ws, true));
});
onNothing
  .on('wsClientError', (error, socket, request) => {
    socket.end(`HTTP/1.1 400 ${error.message} ${request.url ?? ''}\r\n\r\n`);
  })
  .once('listening', function () {
    this.address();
  })
  .once('close', () => {})
  .on('error', (error: Error) => console.error(error.message))
  .addListener('headers', (headers, request) => headers.push(request.url!))
  .addListener('connection', (ws, request) => ws.send(request.method!))
  .removeListener('close', () => {})
  .off('headers', () => {});

for (const name of ['close', 'listening', 'error'] as const) {
  onNothing.on(name, (...args) => console.log(args[0]));
}

const custom: string | symbol = Symbol('custom');
const any = (first: number, second: string): string => second + first.toFixed();

onNothing.on(custom, any).once(custom, any).off(custom, any);
onNothing.addListener(custom, any).removeListener(custom, any);

for (const name of ['headers', 'connection'] as const) {
  onNothing.addListener(name, (...args) => console.log(args[0], args[7]));
  onNothing.removeListener(name, (first) => first.anything);
}

setInterval(() => {
  onNothing.clients.forEach((ws) => {
    if (!alive.get(ws)) return ws.terminate();
    alive.set(ws, false);
    ws.ping(() => {});
  });
}, 30_000).unref();

class Picky extends WS.Server {
  override shouldHandle(request: http.IncomingMessage): boolean {
    return super.shouldHandle(request) && request.method === 'GET';
  }

  override handleUpgrade(
    request: http.IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: (client: WebSocket, request: http.IncomingMessage) => void,
  ): void {
    super.handleUpgrade(request, socket, head, callback);
  }
}

class Asynchronous extends WebSocketServer {
  override async shouldHandle(): Promise<boolean> {
    return true;
  }
}

const address = onServer.address();
if (address && typeof address === 'object') address.family.length;

type ServerOptions = WS.ServerOptions;
function start(options: ServerOptions = {}): WS.Server {
  const wss: WS.Server = new WS.WebSocketServer({ port: 0, ...options });
  const same: WebSocketServer = wss;
  return same;
}
function startTyped(options: ServerOptions): WS.Server<typeof WS> {
  const wss: WS.Server<typeof WS> = new WS.Server(options);
  return wss;
}

// The class that is exported carries everything, also by its other name.
const Same: typeof WS = WebSocket;
new WebSocket.Server({ noServer: true });
new WS.WebSocket.WebSocketServer({ noServer: true });
const isOne = (value: unknown): value is WebSocket =>
  value instanceof WebSocket && value instanceof WS;

export { Asynchronous, Picky, Same, isOne, server, start, startTyped };
