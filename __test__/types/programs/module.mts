/* An ES module: the default export, the named ones, and types. */

import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import WebSocket, {
  createWebSocketStream,
  WebSocket as Named,
  WebSocketServer,
  type AddressInfo,
  type CertMeta,
  type ClientOptions,
  type CloseEvent,
  type Data,
  type ErrorEvent,
  type Event,
  type EventListenerOptions,
  type FinishRequestCallback,
  type MessageEvent,
  type PerMessageDeflateOptions,
  type RawData,
  type Server,
  type ServerOptions,
  type VerifyClientCallbackAsync,
  type VerifyClientCallbackSync,
} from 'ws';
import * as everything from 'ws';
import type WebSocketType from 'ws';
import type { WebSocketServer as WebSocketServerType } from 'ws';

const Same: typeof Named = WebSocket;
const AlsoSame: typeof Named = everything.default;
const options: ClientOptions & WebSocket.ClientOptions = {
  perMessageDeflate: false,
};
const ws: WebSocketType = new WebSocket('ws://localhost', options);

ws.on('message', (data: WebSocket.RawData, isBinary) => {
  const same: RawData = data;
  ws.send(same, { binary: isBinary });
});
ws.on('close', function (code, reason) {
  const self: WebSocket = this;
  self.emit('closed', code, reason.toString());
});
ws.onmessage = (event) => {
  const message: MessageEvent = event;
  const data: Data | WebSocket.Data = message.data;
  const target: WebSocket = event.target;
  target.send(data);
};
ws.onclose = (event: CloseEvent) => event.wasClean;
ws.addEventListener('error', (event: ErrorEvent) => event.error as unknown);
ws.addEventListener('open', (event: Event) => event.type, {
  once: true,
} satisfies EventListenerOptions);

const stream: Duplex = createWebSocketStream(ws, { encoding: 'utf8' });
stream.write('text');

class Client extends WebSocket {
  isAlive = true;
}

const verify: VerifyClientCallbackSync = ({ req }) => req.url === '/';
const verifyLater: VerifyClientCallbackAsync = (_info, done) =>
  done(false, 403);
const serverOptions: ServerOptions = { port: 0, verifyClient: verify };

const wss = new WebSocketServer<typeof Client>({
  noServer: true,
  verifyClient: verifyLater,
  WebSocket: Client,
});
const plain: Server = new WebSocketServer(serverOptions);
const alsoPlain: WebSocketServerType = plain;
const { port } = alsoPlain.address() as AddressInfo;

wss.on('connection', (client, request) => {
  client.isAlive = request.url !== `/${port}`;
  client.on('pong', function () {
    client.isAlive = true;
    this.resume();
  });
});

createServer().on(
  'upgrade',
  (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    wss.handleUpgrade(request, socket, head, (client) => {
      wss.emit('connection', client, request);
    });
  },
);

class Hub extends WebSocketServer {
  readonly rooms = new Map<string, Set<Named>>();

  join(name: string, member: Named): void {
    this.rooms.set(name, (this.rooms.get(name) ?? new Set()).add(member));
  }
}
const hub = new Hub({ port: 0 });
hub.on('connection', function (member) {
  hub.join('lobby', member);
  this.clients.delete(member);
});

export const finishRequest: FinishRequestCallback = (request, client) => {
  request.setHeader('X-Url', client.url);
  request.end();
};
export const deflate: PerMessageDeflateOptions = { threshold: 1 };
export const cert: CertMeta = 'cert';
export { AlsoSame, Same };
