/* Wrappers, mocks and generic code over the types. */

import { EventEmitter } from 'node:events';

import type * as WS from 'ws';
import type { ClientOptions, RawData, ServerOptions } from 'ws';
import WebSocket = require('ws');

interface Socket {
  readyState: number;
  binaryType: string;
  send(data: string, callback?: (error?: Error) => void): void;
  close(code?: number, reason?: string): void;
  on(event: 'message', listener: (data: RawData) => void): unknown;
  on(event: 'close', listener: (code: number) => void): unknown;
  onclose: ((event: any) => void) | null;
}

const asSocket = (ws: WebSocket): Socket => ws;
const asEmitter = (ws: WebSocket): EventEmitter => ws;

// Like the WebSocket of a browser, as libraries for both describe it.
interface BrowserLike {
  readonly bufferedAmount: number;
  readonly readyState: number;
  onopen: ((event: any) => any) | null;
  onmessage: ((event: any) => any) | null;
  addEventListener(type: string, listener: (event: any) => any): void;
  send(data: string | ArrayBufferView): void;
  close(code?: number, reason?: string): void;
}
const asBrowserLike = (ws: WebSocket): BrowserLike => ws as BrowserLike;
const Constructor: new (
  url: string,
  protocols?: string | string[],
) => {
  readyState: number;
} = WebSocket;

class Mock
  extends EventEmitter
  implements Pick<WebSocket, 'binaryType' | 'ping' | 'readyState' | 'send'>
{
  binaryType = 'nodebuffer' as const;
  readyState = WebSocket.OPEN;
  sent: unknown[] = [];

  send(data: unknown): void {
    this.sent.push(data);
  }

  ping(data?: any, _mask?: boolean, callback?: (err: Error) => void): void {
    this.emit('ping', data, callback);
  }
}

const mock = new Mock() as unknown as WebSocket;
const picked: Pick<WebSocket, 'send' | 'close' | 'readyState'> = mock;
const readonlyView: Readonly<WebSocket> = mock;
const keys: (keyof WebSocket)[] = ['send', 'isPaused', 'onmessage'];

type Without = Omit<WebSocket, 'send'> & { send(data: object): void };
const typed = mock as Without;

// Options that travel through other types.
interface Settings {
  client?: ClientOptions;
  server?: Omit<ServerOptions, 'noServer' | 'server' | 'port'>;
}

function make<T extends typeof WebSocket>(
  Class: T,
  settings: Settings,
): WS.Server<T> {
  return new WebSocket.Server<T>({
    ...settings.server,
    port: 0,
    WebSocket: Class,
  });
}

class Numbered extends WebSocket {
  static next = 0;
  readonly id = Numbered.next++;

  static override readonly OPEN = 1;

  constructor(address: string | URL | null, ...rest: any[]) {
    super(address as string, ...rest);
    this.on('open', this.opened);
    this.once('close', () => this.emit('gone', this.id));
  }

  private opened(): void {
    this.send(String(this.id));
  }
}

const numbered = make(Numbered, { server: { maxPayload: 10 } });
for (const { id } of numbered.clients) id.toFixed();
numbered.on('connection', (ws) => ws.id.toFixed());

function Mixin<T extends new (...args: any[]) => WebSocket>(Base: T) {
  return class extends Base {
    sendJson(value: unknown): void {
      this.send(JSON.stringify(value));
    }
  };
}
new (Mixin(WebSocket))('ws://localhost').sendJson({});
new (Mixin(Numbered))('ws://localhost').id.toFixed();

function onAll<T extends WebSocket>(
  sockets: Iterable<T>,
  visit: (ws: T) => void,
) {
  for (const ws of sockets) {
    ws.on('message', function (this: WebSocket, data) {
      visit(ws);
      this.send(data);
    });
  }
}
onAll(numbered.clients, (ws) => ws.id);

export {
  Constructor,
  asBrowserLike,
  asEmitter,
  asSocket,
  keys,
  picked,
  readonlyView,
  typed,
};
