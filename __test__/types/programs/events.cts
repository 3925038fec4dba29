/* Listeners: each event, each way to add them, `this`, and relays. */

import type { ClientRequest, IncomingMessage } from 'node:http';
import { once } from 'node:events';

import WebSocket = require('ws');

const ws = new WebSocket('ws://localhost');

ws.on('open', function () {
  const self: WebSocket = this;
  self.send('hello');
});
ws.on('message', function incoming(this: WebSocket, data) {
  const text: string = data.toString();
  this.send(text);
});
ws.on('close', function (code, reason) {
  this.removeAllListeners();
  return `${code.toFixed()} ${reason.toString('utf8')}`;
});
ws.on('something', function (this: WebSocket, first: number) {
  return first.toFixed();
});

// Events by a name that is not known yet.
const names = ['open', 'message', 'close', 'ping', 'pong'] as const;

for (const name of names) {
  ws.on(name, (...args) => console.log(name, args[0], args[1].length));
  ws.once(name, (first, second) => [first.a, second.b]);
  ws.off(name, () => {});
}

for (const name of ['ping', 'pong'] as const) {
  ws.on(name, (data) => data.readUInt8(0));
}

const listener = (data: WebSocket.RawData): number =>
  Array.isArray(data) ? data.length : data.byteLength;

ws.addListener('message', listener).removeListener('message', listener);
ws.addListener('close', (code) => code.toFixed());
ws.addListener('error', (error) => error.stack);
ws.addListener('upgrade', (response) => response.statusCode);
ws.addListener('redirect', (url, request) => [url.length, request.path]);
ws.addListener('unexpected-response', (request, response) => [
  request.path,
  response.headers,
]);
ws.removeListener('open', () => {});
ws.prependListener('message', listener);
ws.emit('message', Buffer.alloc(0), false);
const count: number = ws.listenerCount('message');

// A listener that belongs to something else.
class Logger {
  lines: string[] = [];
}
ws.addListener('close', function (this: Logger, code: number) {
  this.lines.push(String(code));
});

// Events that are not its own.
const custom: string | symbol = Symbol('custom');
const any = (first: number, second: string): string => second + first.toFixed();

ws.on(custom, any).once(custom, any).off(custom, any);
ws.addListener(custom, any).removeListener(custom, any);
ws.prependOnceListener(custom, any).removeAllListeners(custom);

// As in a browser.
const opened = (event: WebSocket.Event): string => event.type;
const received = (event: WebSocket.MessageEvent): void => {
  const data: WebSocket.Data = event.data;
  event.target.send(typeof data === 'string' ? data : 'binary');
};
const failed = ({ error, message }: WebSocket.ErrorEvent): unknown =>
  error ?? message;
const closed = ({ code, reason, wasClean }: WebSocket.CloseEvent): string =>
  `${code.toFixed()} ${reason} ${String(wasClean)}`;

ws.addEventListener('open', opened);
ws.addEventListener('message', received, { once: true });
ws.addEventListener('error', { handleEvent: failed });
ws.addEventListener('close', closed, {});
ws.removeEventListener('close', closed);
ws.addEventListener('message', ({ data, target }) => target.send(data));

ws.onopen = opened;
ws.onmessage = received;
ws.onerror = failed;
ws.onclose = closed;
ws.onclose = null;
const handler: ((event: WebSocket.CloseEvent) => void) | null = ws.onclose;

function listen<K extends keyof WebSocket.WebSocketEventMap>(
  type: K,
  heard: (event: WebSocket.WebSocketEventMap[K]) => void,
): () => void {
  ws.addEventListener(type, heard);
  return () => ws.removeEventListener(type, heard);
}
listen('close', (event) => event.code)();

export async function firstMessage(): Promise<string> {
  const [data] = (await once(ws, 'message')) as [WebSocket.RawData, boolean];
  return data.toString();
}

// The listener's type is taken from the method.
type Listener = Parameters<WebSocket['on']>[1];
const anything: Listener = (...args) => args.length;
ws.on('anything', anything);

function relay(
  this: WebSocket,
  request: ClientRequest,
  response: IncomingMessage,
): void {
  this.emit('relayed', request, response);
}
ws.on('unexpected-response', relay);
ws.off('unexpected-response', relay);

export { count, handler };
