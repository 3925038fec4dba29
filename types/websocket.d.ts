/**
 * The class WebSocket, as ES modules import it. `require('hawser')` is a
 * subclass in the types, because there the rest of the API hangs on it.
 */

import { EventEmitter } from 'events';
import { ClientRequestArgs, IncomingMessage } from 'http';
import { URL } from 'url';

import engine = require('./engine');
import events = require('./events');
import messages = require('./messages');
import options = require('./options');
import server = require('./server');

/**
 * A WebSocket, RFC 6455: a client's, made with an address, or a server's, given
 * to the listeners of the server's `connection` event.
 */
export class WebSocket extends EventEmitter {
  /** The connection is not open yet. */
  static readonly CONNECTING: 0;
  /** The connection is open and messages can be sent. */
  static readonly OPEN: 1;
  /** The connection is being closed. */
  static readonly CLOSING: 2;
  /** The connection is closed, or could not be opened. */
  static readonly CLOSED: 3;

  /** The connection is not open yet. */
  readonly CONNECTING: 0;
  /** The connection is open and messages can be sent. */
  readonly OPEN: 1;
  /** The connection is being closed. */
  readonly CLOSING: 2;
  /** The connection is closed, or could not be opened. */
  readonly CLOSED: 3;

  /**
   * As what binary messages arrive: `'nodebuffer'` as a Buffer,
   * `'arraybuffer'` as an ArrayBuffer, `'fragments'` as an array with a Buffer
   * for each fragment, `'blob'` as a Blob. Any other value that is assigned is
   * ignored.
   *
   * `'blob'` can be assigned and is read back, too. It is not in the type that
   * is read, so that this class is assignable to the one of `@types/ws`.
   *
   * @defaultValue `'nodebuffer'`
   */
  get binaryType(): 'nodebuffer' | 'arraybuffer' | 'fragments';
  set binaryType(type: messages.BinaryType);
  /**
   * Bytes of frames which the operating system has not taken yet. What is sent
   * when the connection is open no more is added to it.
   */
  readonly bufferedAmount: number;
  /**
   * The names of the negotiated extensions, separated by commas; empty if there
   * are none. RFC 6455, section 9.
   */
  readonly extensions: string;
  /** Whether `pause()` is in force. */
  readonly isPaused: boolean;
  /**
   * The subprotocol that the server chose; empty if there is none. RFC 6455,
   * section 1.9.
   */
  readonly protocol: string;
  /** Where the connection is in its life: one of the four constants. */
  readonly readyState:
    | typeof WebSocket.CONNECTING
    | typeof WebSocket.OPEN
    | typeof WebSocket.CLOSING
    | typeof WebSocket.CLOSED;
  /** The address of the server. A server's WebSocket has none. */
  readonly url: string;

  /** Called when the connection is open. */
  onopen: ((event: events.Event) => void) | null;
  /** Called when something went wrong; `onclose` follows. */
  onerror: ((event: events.ErrorEvent) => void) | null;
  /** Called when the connection is closed. */
  onclose: ((event: events.CloseEvent) => void) | null;
  /** Called when a message has arrived. */
  onmessage: ((event: events.MessageEvent) => void) | null;

  /** Makes a WebSocket without a connection, as a server does. */
  constructor(address: null);
  /**
   * Starts to connect. What goes wrong later is told by the event `error`.
   *
   * @param address - a URL with the scheme `ws:`, `wss:`, `http:`, `https:` or
   *   `ws+unix:` and without a fragment
   * @param options - options of the client and of `http.request()`
   * @throws SyntaxError if the URL or a subprotocol is invalid
   * @throws RangeError if `protocolVersion` is neither 8 nor 13
   */
  constructor(
    address: string | URL,
    options?: options.ClientOptions | ClientRequestArgs,
  );
  /**
   * Starts to connect. What goes wrong later is told by the event `error`.
   *
   * @param address - a URL with the scheme `ws:`, `wss:`, `http:`, `https:` or
   *   `ws+unix:` and without a fragment
   * @param protocols - the subprotocols to offer, the preferred one first
   * @param options - options of the client and of `http.request()`
   * @throws SyntaxError if the URL is invalid, or a subprotocol is, or one is
   *   there twice
   * @throws RangeError if `protocolVersion` is neither 8 nor 13
   */
  constructor(
    address: string | URL,
    protocols?: string | string[],
    options?: options.ClientOptions | ClientRequestArgs,
  );

  /**
   * Starts the closing handshake, RFC 6455, section 7.1.2. If the peer's close
   * frame does not come within `closeTimeout` milliseconds, the connection is
   * ended without it. Before the connection is open, the handshake is aborted,
   * and `error` and `close` are emitted.
   *
   * @param code - the close code, RFC 6455, section 7.4: 1000 to 1014 but 1004,
   *   1005 and 1006, or 3000 to 4999. Without it the close frame is empty
   * @param data - the reason, at most 123 bytes
   * @throws TypeError if the code may not be sent
   * @throws RangeError if the reason is too long
   */
  close(code?: number, data?: string | Uint8Array): void;
  /**
   * Sends a ping, RFC 6455, section 5.5.2.
   *
   * @param data - its payload, at most 125 bytes
   * @param mask - whether to mask it. By default a client does: RFC 6455,
   *   section 5.3. It may be left out, with `cb` in its place
   * @param cb - called when it is sent, or with the error that prevented it
   * @throws Error while the connection is not open yet
   * @throws RangeError if the payload is too long
   */
  ping(
    data?: any,
    mask?: boolean | ((err: Error) => void),
    cb?: (err: Error) => void,
  ): void;
  /**
   * Sends a pong, RFC 6455, section 5.5.3. It need not answer anything.
   *
   * @param data - its payload, at most 125 bytes
   * @param mask - whether to mask it. By default a client does: RFC 6455,
   *   section 5.3. It may be left out, with `cb` in its place
   * @param cb - called when it is sent, or with the error that prevented it
   * @throws Error while the connection is not open yet
   * @throws RangeError if the payload is too long
   */
  pong(
    data?: any,
    mask?: boolean | ((err: Error) => void),
    cb?: (err: Error) => void,
  ): void;
  /**
   * Sends a message: text if it is a string or a number, else binary. RFC 6455,
   * section 5.6.
   *
   * @param data - the message
   * @param cb - called when it is sent, or with the error that prevented it
   * @throws Error while the connection is not open yet. When it is open no
   *   more, `cb` gets an error
   */
  send(data: messages.SendableData, cb?: (err?: Error) => void): void;
  /**
   * Sends a message, or with `fin: false` a fragment of one: RFC 6455, section
   * 5.4.
   *
   * @param data - the message
   * @param options - how to send it
   * @param cb - called when it is sent, or with the error that prevented it
   * @throws Error while the connection is not open yet. When it is open no
   *   more, `cb` gets an error
   */
  send(
    data: messages.SendableData,
    options: messages.SendOptions,
    cb?: (err?: Error) => void,
  ): void;
  /**
   * Ends the connection at once, without a closing handshake: `close` has the
   * code 1006. Before the connection is open, the handshake is aborted, and
   * `error` and `close` are emitted.
   */
  terminate(): void;

  /**
   * Reads no more from the connection. Some events can still come, from what
   * was read before. Does nothing before the connection is open or after it is
   * closed.
   */
  pause(): void;
  /**
   * Undoes `pause()`. Does nothing before the connection is open or after it is
   * closed.
   */
  resume(): void;

  /**
   * Calls a listener with an event object, as in a browser. The same listener
   * is registered once only.
   *
   * @param type - the event
   * @param listener - a function, or an object with a method `handleEvent()`
   * @param options - `once`
   */
  addEventListener<K extends keyof events.WebSocketEventMap>(
    type: K,
    listener:
      | ((event: events.WebSocketEventMap[K]) => void)
      | { handleEvent(event: events.WebSocketEventMap[K]): void },
    options?: events.EventListenerOptions,
  ): void;
  /**
   * Removes a listener which `addEventListener()` registered.
   *
   * @param type - the event
   * @param listener - the same function or object
   */
  removeEventListener<K extends keyof events.WebSocketEventMap>(
    type: K,
    listener:
      | ((event: events.WebSocketEventMap[K]) => void)
      | { handleEvent(event: events.WebSocketEventMap[K]): void },
  ): void;

  /** The connection is closed. The reason is UTF-8; the code 1005 says that the peer gave none, 1006 that no close frame came: RFC 6455, section 7.1.5. */
  on(
    event: 'close',
    listener: (this: this, ...args: events.EmittedEvents['close']) => void,
  ): this;
  /** Something went wrong, and `close` follows. The `code` of the error says what it was, `WS_ERR_*` if the peer broke a rule: docs/errors.md has all of them. */
  on(
    event: 'error',
    listener: (this: this, ...args: events.EmittedEvents['error']) => void,
  ): this;
  /** The response that completes the handshake has arrived (client). */
  on(
    event: 'upgrade',
    listener: (this: this, ...args: events.EmittedEvents['upgrade']) => void,
  ): this;
  /** A message has arrived; see `RawData`. */
  on(
    event: 'message',
    listener: (this: this, ...args: events.EmittedEvents['message']) => void,
  ): this;
  /** The connection is open (client). */
  on(
    event: 'open',
    listener: (this: this, ...args: events.EmittedEvents['open']) => void,
  ): this;
  /** A ping or a pong has arrived: RFC 6455, sections 5.5.2 and 5.5.3. With `autoPong` a ping is answered already. */
  on(
    event: 'ping' | 'pong',
    listener: (this: this, ...args: events.EmittedEvents['ping']) => void,
  ): this;
  /** A redirect is about to be followed (client, with `followRedirects`). */
  on(
    event: 'redirect',
    listener: (this: this, ...args: events.EmittedEvents['redirect']) => void,
  ): this;
  /** The server answered something else than 101 (client). Without a listener it is an `error`; with one, ending the request is up to the listener. */
  on(
    event: 'unexpected-response',
    listener: (
      this: this,
      ...args: events.EmittedEvents['unexpected-response']
    ) => void,
  ): this;
  /** Calls a listener each time an event is emitted. */
  on(
    event: string | symbol,
    listener: (this: this, ...args: any[]) => void,
  ): this;

  /** Calls a listener the next time an event is emitted. */
  once(
    event: 'close',
    listener: (this: this, ...args: events.EmittedEvents['close']) => void,
  ): this;
  /** Calls a listener the next time an event is emitted. */
  once(
    event: 'error',
    listener: (this: this, ...args: events.EmittedEvents['error']) => void,
  ): this;
  /** Calls a listener the next time an event is emitted. */
  once(
    event: 'upgrade',
    listener: (this: this, ...args: events.EmittedEvents['upgrade']) => void,
  ): this;
  /** Calls a listener the next time an event is emitted. */
  once(
    event: 'message',
    listener: (this: this, ...args: events.EmittedEvents['message']) => void,
  ): this;
  /** Calls a listener the next time an event is emitted. */
  once(
    event: 'open',
    listener: (this: this, ...args: events.EmittedEvents['open']) => void,
  ): this;
  /** Calls a listener the next time an event is emitted. */
  once(
    event: 'ping' | 'pong',
    listener: (this: this, ...args: events.EmittedEvents['ping']) => void,
  ): this;
  /** Calls a listener the next time an event is emitted. */
  once(
    event: 'redirect',
    listener: (this: this, ...args: events.EmittedEvents['redirect']) => void,
  ): this;
  /** Calls a listener the next time an event is emitted. */
  once(
    event: 'unexpected-response',
    listener: (
      this: this,
      ...args: events.EmittedEvents['unexpected-response']
    ) => void,
  ): this;
  /** Calls a listener the next time an event is emitted. */
  once(
    event: string | symbol,
    listener: (this: this, ...args: any[]) => void,
  ): this;

  /** Removes a listener; the same as `removeListener()`. */
  off(
    event: 'close',
    listener: (this: this, ...args: events.EmittedEvents['close']) => void,
  ): this;
  /** Removes a listener; the same as `removeListener()`. */
  off(
    event: 'error',
    listener: (this: this, ...args: events.EmittedEvents['error']) => void,
  ): this;
  /** Removes a listener; the same as `removeListener()`. */
  off(
    event: 'upgrade',
    listener: (this: this, ...args: events.EmittedEvents['upgrade']) => void,
  ): this;
  /** Removes a listener; the same as `removeListener()`. */
  off(
    event: 'message',
    listener: (this: this, ...args: events.EmittedEvents['message']) => void,
  ): this;
  /** Removes a listener; the same as `removeListener()`. */
  off(
    event: 'open',
    listener: (this: this, ...args: events.EmittedEvents['open']) => void,
  ): this;
  /** Removes a listener; the same as `removeListener()`. */
  off(
    event: 'ping' | 'pong',
    listener: (this: this, ...args: events.EmittedEvents['ping']) => void,
  ): this;
  /** Removes a listener; the same as `removeListener()`. */
  off(
    event: 'redirect',
    listener: (this: this, ...args: events.EmittedEvents['redirect']) => void,
  ): this;
  /** Removes a listener; the same as `removeListener()`. */
  off(
    event: 'unexpected-response',
    listener: (
      this: this,
      ...args: events.EmittedEvents['unexpected-response']
    ) => void,
  ): this;
  /** Removes a listener; the same as `removeListener()`. */
  off(
    event: string | symbol,
    listener: (this: this, ...args: any[]) => void,
  ): this;

  /** The same as `on()`. */
  addListener(
    event: 'close',
    listener: (...args: events.EmittedEvents['close']) => void,
  ): this;
  /** The same as `on()`. */
  addListener(
    event: 'error',
    listener: (...args: events.EmittedEvents['error']) => void,
  ): this;
  /** The same as `on()`. */
  addListener(
    event: 'upgrade',
    listener: (...args: events.EmittedEvents['upgrade']) => void,
  ): this;
  /** The same as `on()`. */
  addListener(
    event: 'message',
    listener: (...args: events.EmittedEvents['message']) => void,
  ): this;
  /** The same as `on()`. */
  addListener(
    event: 'open',
    listener: (...args: events.EmittedEvents['open']) => void,
  ): this;
  /** The same as `on()`. */
  addListener(
    event: 'ping' | 'pong',
    listener: (...args: events.EmittedEvents['ping']) => void,
  ): this;
  /** The same as `on()`. */
  addListener(
    event: 'redirect',
    listener: (...args: events.EmittedEvents['redirect']) => void,
  ): this;
  /** The same as `on()`. */
  addListener(
    event: 'unexpected-response',
    listener: (...args: events.EmittedEvents['unexpected-response']) => void,
  ): this;
  /** The same as `on()`. */
  addListener(event: string | symbol, listener: (...args: any[]) => void): this;

  /** Removes a listener. */
  removeListener(
    event: 'close',
    listener: (...args: events.EmittedEvents['close']) => void,
  ): this;
  /** Removes a listener. */
  removeListener(
    event: 'error',
    listener: (...args: events.EmittedEvents['error']) => void,
  ): this;
  /** Removes a listener. */
  removeListener(
    event: 'upgrade',
    listener: (...args: events.EmittedEvents['upgrade']) => void,
  ): this;
  /** Removes a listener. */
  removeListener(
    event: 'message',
    listener: (...args: events.EmittedEvents['message']) => void,
  ): this;
  /** Removes a listener. */
  removeListener(
    event: 'open',
    listener: (...args: events.EmittedEvents['open']) => void,
  ): this;
  /** Removes a listener. */
  removeListener(
    event: 'ping' | 'pong',
    listener: (...args: events.EmittedEvents['ping']) => void,
  ): this;
  /** Removes a listener. */
  removeListener(
    event: 'redirect',
    listener: (...args: events.EmittedEvents['redirect']) => void,
  ): this;
  /** Removes a listener. */
  removeListener(
    event: 'unexpected-response',
    listener: (...args: events.EmittedEvents['unexpected-response']) => void,
  ): this;
  /** Removes a listener. */
  removeListener(
    event: string | symbol,
    listener: (...args: any[]) => void,
  ): this;
}

/** The types again, as `WebSocket.RawData` and so on. */
export namespace WebSocket {
  export import AddressInfo = server.AddressInfo;
  export import BinaryType = messages.BinaryType;
  export import CertMeta = options.CertMeta;
  export import ClientOptions = options.ClientOptions;
  export import CloseEvent = events.CloseEvent;
  export import ConnectionOptions = options.ConnectionOptions;
  export import Data = messages.Data;
  export import EmittedEvents = events.EmittedEvents;
  export import EngineOptions = engine.EngineOptions;
  export import MemoryUsage = engine.MemoryUsage;
  export import ErrorEvent = events.ErrorEvent;
  export import Event = events.Event;
  export import EventListenerOptions = events.EventListenerOptions;
  export import FinishRequestCallback = options.FinishRequestCallback;
  export import MessageEvent = events.MessageEvent;
  export import PerMessageDeflateOptions = options.PerMessageDeflateOptions;
  export import RawData = messages.RawData;
  export import SendableData = messages.SendableData;
  export import SendOptions = messages.SendOptions;
  export import VerifyClientCallbackAsync = options.VerifyClientCallbackAsync;
  export import VerifyClientCallbackSync = options.VerifyClientCallbackSync;
  export import WebSocketEventMap = events.WebSocketEventMap;

  /** Options of a server; see there. */
  interface ServerOptions<
    U extends typeof WebSocket = typeof WebSocket,
    V extends typeof IncomingMessage = typeof IncomingMessage,
  > extends options.ServerOptions<U, V> {}

  /** The arguments of each event that a server emits. */
  interface ServerEvents<
    T extends typeof WebSocket = typeof WebSocket,
    U extends typeof IncomingMessage = typeof IncomingMessage,
  > extends server.ServerEvents<T, U> {}
}
