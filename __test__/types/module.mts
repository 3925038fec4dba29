/*
 * An ES module that uses everything hawser exports. It is compiled, never run.
 */

import { createServer } from 'node:http';

import WebSocket, {
  configure,
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  subprotocol,
  WebSocket as SameWebSocket,
  WebSocketServer,
  type AddressInfo,
  type BinaryType,
  type CertMeta,
  type ClientOptions,
  type CloseEvent,
  type ConnectionOptions,
  type Data,
  type EmittedEvents,
  type EngineOptions,
  type ErrorEvent,
  type Event,
  type EventListenerOptions,
  type FinishRequestCallback,
  type MessageEvent,
  type PerMessageDeflateOptions,
  type RawData,
  type SendableData,
  type SendOptions,
  type Server,
  type ServerEvents,
  type ServerOptions,
  type VerifyClientCallbackAsync,
  type VerifyClientCallbackSync,
  type WebSocketEventMap,
} from 'hawser';
import * as everything from 'hawser';

const same: typeof WebSocket = SameWebSocket;
const alsoSame: typeof WebSocket = everything.default;

// @ts-expect-error: only `require('hawser')` hangs the rest on the class
WebSocket.Server;
// @ts-expect-error: there is no such export
everything.configureEngine;

const engine: EngineOptions = { ioThreads: 0 };
configure(engine);

const options: ClientOptions = { closeTimeout: 1_000, protocols: 'chat' };
const sameOptions: WebSocket.ClientOptions = options;
const ws = new WebSocket('ws://localhost', options);

const receive = (data: RawData, isBinary: boolean): string | RawData =>
  isBinary ? data : data.toString();

ws.on('message', receive);
ws.on('close', (code, reason) => reason.toString('latin1', code));
ws.onmessage = ({ data }: MessageEvent) => data;
ws.addEventListener('close', (event: CloseEvent) => event.wasClean);
ws.addEventListener('error', (event: ErrorEvent) => event.error);
ws.addEventListener('open', (event: Event) => event.target.terminate());

class Client extends WebSocket {
  isAlive = true;
}

const wss = new WebSocketServer({ port: 0, WebSocket: Client });

wss.on('connection', (client, request) => {
  client.isAlive = request.complete;
  client.on('pong', function () {
    this.isAlive = true;
  });
});
wss.clients.forEach((client) => client.isAlive);

const general: Server = new WebSocketServer({ noServer: true });
const alsoGeneral: WebSocketServer = general;

createServer().on('upgrade', (request, socket, head) => {
  alsoGeneral.handleUpgrade(request, socket, head, (client) => {
    const plain: WebSocket = client;
    createWebSocketStream(plain, { readableObjectMode: true }).end();
  });
});

const verify: VerifyClientCallbackSync = ({ secure }) => secure;
const verifyLater: VerifyClientCallbackAsync = (info, callback) =>
  callback(verify(info), 403);
const deflate: PerMessageDeflateOptions = { threshold: 10 };
const serverOptions: ServerOptions = {
  port: 1,
  perMessageDeflate: deflate,
  verifyClient: verifyLater,
};

for (const offer of extension.parse('a; b=1')['a'] ?? []) {
  const value: string | true | undefined = offer['b']?.[0];
}

subprotocol.parse('a').has('a');
new PerMessageDeflate({ isServer: false }).offer();
new Receiver().end();
Sender.frame('text', { opcode: 1 }).length;

// @ts-expect-error: the data is a number, a string, bytes ...
ws.send(undefined);
// @ts-expect-error: the limit is a number
new WebSocketServer({ port: 0, maxPayload: '1 MB' });
