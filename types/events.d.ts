/** The events of a WebSocket: as an EventEmitter and as an EventTarget. */

import { ClientRequest, IncomingMessage } from 'http';

import CommonJS = require('../index');
import messages = require('./messages');

/** The arguments of each event that a WebSocket emits. */
export interface EmittedEvents {
  /**
   * The connection is closed. The reason is UTF-8; the code 1005 says that the
   * peer gave none, 1006 that no close frame came: RFC 6455, section 7.1.5.
   */
  close: [code: number, reason: Buffer];
  /**
   * Something went wrong; `close` follows. The error has a `code`, `WS_ERR_*` if
   * the peer broke a rule: docs/errors.md has all of them.
   */
  error: [error: Error];
  /** A message has arrived. */
  message: [data: messages.RawData, isBinary: boolean];
  /** The connection is open (client). */
  open: [];
  /** A ping has arrived; with `autoPong` it is answered already. */
  ping: [data: Buffer];
  /** A pong has arrived. */
  pong: [data: Buffer];
  /** A redirect is about to be followed (client). */
  redirect: [url: string, request: ClientRequest];
  /** The server answered something else than 101 (client). */
  'unexpected-response': [request: ClientRequest, response: IncomingMessage];
  /** The response that completes the handshake has arrived (client). */
  upgrade: [response: IncomingMessage];
}

/** The event object of `open`. */
export interface Event {
  /** The name of the event. */
  type: string;
  /** The WebSocket that it happened to. */
  target: CommonJS.WebSocket;
}

/** The event object of `error`. */
export interface ErrorEvent {
  /** The error. */
  error: any;
  /** Its message. */
  message: string;
  /** The name of the event. */
  type: string;
  /** The WebSocket that it happened to. */
  target: CommonJS.WebSocket;
}

/** The event object of `close`. */
export interface CloseEvent {
  /** Whether close frames went both ways: RFC 6455, section 7.1.4. */
  wasClean: boolean;
  /** The close code, RFC 6455, section 7.1.5. */
  code: number;
  /** The reason that the peer gave, RFC 6455, section 7.1.6. */
  reason: string;
  /** The name of the event. */
  type: string;
  /** The WebSocket that it happened to. */
  target: CommonJS.WebSocket;
}

/** The event object of `message`. */
export interface MessageEvent {
  /** The message: text as a string, binary data as `binaryType` says. */
  data: messages.Data;
  /** The name of the event. */
  type: string;
  /** The WebSocket that it happened to. */
  target: CommonJS.WebSocket;
}

/** The event objects of `addEventListener()`. */
export interface WebSocketEventMap {
  /** The connection is open. */
  open: Event;
  /** Something went wrong; `close` follows. */
  error: ErrorEvent;
  /** The connection is closed. */
  close: CloseEvent;
  /** A message has arrived. */
  message: MessageEvent;
}

/** Options of `addEventListener()`. */
export interface EventListenerOptions {
  /**
   * Whether to forget the listener after its first call.
   *
   * @defaultValue `false`
   */
  once?: boolean | undefined;
}
