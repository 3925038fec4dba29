/** The server: what the two classes called Server have in common. */

import { EventEmitter } from 'events';
import { IncomingMessage } from 'http';
import { Duplex } from 'stream';

import options = require('./options');
import { WebSocket } from './websocket';

/** The address of a server that listens on a port. */
export interface AddressInfo {
  /** The IP address. */
  address: string;
  /** `IPv4` or `IPv6`. */
  family: string;
  /** The port. */
  port: number;
}

/** The arguments of each event that a server emits. */
export interface ServerEvents<
  T extends typeof WebSocket,
  U extends typeof IncomingMessage,
> {
  /** The server and all its connections are closed. */
  close: [];
  /** A client has completed the handshake. */
  connection: [websocket: InstanceType<T>, request: InstanceType<U>];
  /** The HTTP server below has failed. */
  error: [error: Error];
  /** The lines of the 101 response are about to be sent and may be changed. */
  headers: [headers: string[], request: InstanceType<U>];
  /** The server listens. */
  listening: [];
  /** A request cannot be upgraded. Whoever listens has to answer it. */
  wsClientError: [error: Error, socket: Duplex, request: InstanceType<U>];
}

/**
 * A WebSocket server.
 *
 * @typeParam T - the class of its WebSockets
 * @typeParam U - the class of the upgrade requests
 */
export class Server<
  T extends typeof WebSocket,
  U extends typeof IncomingMessage,
> extends EventEmitter {
  /** The options with their values. */
  options: options.ServerOptions<T, U>;
  /** @deprecated `@types/ws` declares it, nothing sets it: `options.path`. */
  path: string;
  /** The open WebSockets. With `clientTracking: false` there is no set. */
  clients: Set<InstanceType<T>>;

  /**
   * Makes a server, and with `port` starts it.
   *
   * @param options - options of the server
   * @param callback - with `port`: called when the server listens
   * @throws TypeError unless exactly one of `port`, `server` and `noServer` is
   *   given
   */
  constructor(options?: options.ServerOptions<T, U>, callback?: () => void);

  /**
   * Where the server is reached: a path for a pipe or Unix socket, null when
   * the server is closed.
   *
   * @throws Error with `noServer`
   */
  address(): AddressInfo | string | null;
  /**
   * Accepts no more connections. The open ones stay open; `close` is emitted
   * when the last of them is closed. A server that was given with `server` is
   * not closed.
   *
   * @param cb - called at `close`, with an error if the server was closed
   *   before
   */
  close(cb?: (err?: Error) => void): void;
  /**
   * Does the handshake for an upgrade request, RFC 6455, section 4.2. A request
   * that cannot be upgraded is answered with 400, 401, 405, 426 or 503.
   *
   * @param request - the request
   * @param socket - its socket
   * @param upgradeHead - what the client has sent after the request
   * @param callback - called with the new WebSocket
   * @throws Error if it is called twice for one socket
   */
  handleUpgrade(
    request: InstanceType<U>,
    socket: Duplex,
    upgradeHead: Buffer,
    callback: (client: InstanceType<T>, request: InstanceType<U>) => void,
  ): void;
  /**
   * Whether the server answers for a request: by default, if `path` is the path
   * of the request. Meant to be overridden.
   *
   * @param request - the request
   */
  shouldHandle(request: InstanceType<U>): boolean | Promise<boolean>;

  /** A client has completed the handshake. */
  on(
    event: 'connection',
    listener: (
      this: Server<T, typeof IncomingMessage>,
      ...args: ServerEvents<T, U>['connection']
    ) => void,
  ): this;
  /** The HTTP server below has failed. */
  on(
    event: 'error',
    listener: (
      this: Server<T, typeof IncomingMessage>,
      ...args: ServerEvents<T, U>['error']
    ) => void,
  ): this;
  /** The lines of the 101 response are about to be sent. The array may be changed. */
  on(
    event: 'headers',
    listener: (
      this: Server<T, typeof IncomingMessage>,
      ...args: ServerEvents<T, U>['headers']
    ) => void,
  ): this;
  /** The server and its connections are closed, or the server listens. */
  on(
    event: 'close' | 'listening',
    listener: (
      this: Server<T, typeof IncomingMessage>,
      ...args: ServerEvents<T, U>['close']
    ) => void,
  ): this;
  /** A request cannot be upgraded. Whoever listens has to answer on the socket and to end it; without a listener the server does. */
  on(
    event: 'wsClientError',
    listener: (
      this: Server<T, typeof IncomingMessage>,
      ...args: ServerEvents<T, U>['wsClientError']
    ) => void,
  ): this;
  /** Calls a listener each time an event is emitted. */
  on(
    event: string | symbol,
    listener: (this: Server<T, typeof IncomingMessage>, ...args: any[]) => void,
  ): this;

  /** Calls a listener the next time an event is emitted. */
  once(
    event: 'connection',
    listener: (
      this: Server<T, typeof IncomingMessage>,
      ...args: ServerEvents<T, U>['connection']
    ) => void,
  ): this;
  /** Calls a listener the next time an event is emitted. */
  once(
    event: 'error',
    listener: (
      this: Server<T, typeof IncomingMessage>,
      ...args: ServerEvents<T, U>['error']
    ) => void,
  ): this;
  /** Calls a listener the next time an event is emitted. */
  once(
    event: 'headers',
    listener: (
      this: Server<T, typeof IncomingMessage>,
      ...args: ServerEvents<T, U>['headers']
    ) => void,
  ): this;
  /** Calls a listener the next time an event is emitted. */
  once(
    event: 'close' | 'listening',
    listener: (
      this: Server<T, typeof IncomingMessage>,
      ...args: ServerEvents<T, U>['close']
    ) => void,
  ): this;
  /** Calls a listener the next time an event is emitted. */
  once(
    event: 'wsClientError',
    listener: (
      this: Server<T, typeof IncomingMessage>,
      ...args: ServerEvents<T, U>['wsClientError']
    ) => void,
  ): this;
  /** Calls a listener the next time an event is emitted. */
  once(
    event: string | symbol,
    listener: (this: Server<T, typeof IncomingMessage>, ...args: any[]) => void,
  ): this;

  /** Removes a listener; the same as `removeListener()`. */
  off(
    event: 'connection',
    listener: (
      this: Server<T, typeof IncomingMessage>,
      ...args: ServerEvents<T, U>['connection']
    ) => void,
  ): this;
  /** Removes a listener; the same as `removeListener()`. */
  off(
    event: 'error',
    listener: (
      this: Server<T, typeof IncomingMessage>,
      ...args: ServerEvents<T, U>['error']
    ) => void,
  ): this;
  /** Removes a listener; the same as `removeListener()`. */
  off(
    event: 'headers',
    listener: (
      this: Server<T, typeof IncomingMessage>,
      ...args: ServerEvents<T, U>['headers']
    ) => void,
  ): this;
  /** Removes a listener; the same as `removeListener()`. */
  off(
    event: 'close' | 'listening',
    listener: (
      this: Server<T, typeof IncomingMessage>,
      ...args: ServerEvents<T, U>['close']
    ) => void,
  ): this;
  /** Removes a listener; the same as `removeListener()`. */
  off(
    event: 'wsClientError',
    listener: (
      this: Server<T, typeof IncomingMessage>,
      ...args: ServerEvents<T, U>['wsClientError']
    ) => void,
  ): this;
  /** Removes a listener; the same as `removeListener()`. */
  off(
    event: string | symbol,
    listener: (this: Server<T, typeof IncomingMessage>, ...args: any[]) => void,
  ): this;

  /** The same as `on()`. */
  addListener(
    event: 'connection',
    listener: (...args: ServerEvents<T, U>['connection']) => void,
  ): this;
  /** The same as `on()`. */
  addListener(
    event: 'error',
    listener: (...args: ServerEvents<T, U>['error']) => void,
  ): this;
  /** The same as `on()`. */
  addListener(
    event: 'headers',
    listener: (...args: ServerEvents<T, U>['headers']) => void,
  ): this;
  /** The same as `on()`. */
  addListener(
    event: 'close' | 'listening',
    listener: (...args: ServerEvents<T, U>['close']) => void,
  ): this;
  /** The same as `on()`. */
  addListener(
    event: 'wsClientError',
    listener: (...args: ServerEvents<T, U>['wsClientError']) => void,
  ): this;
  /** The same as `on()`. */
  addListener(event: string | symbol, listener: (...args: any[]) => void): this;

  /** Removes a listener. */
  removeListener(
    event: 'connection',
    listener: (...args: ServerEvents<T, U>['connection']) => void,
  ): this;
  /** Removes a listener. */
  removeListener(
    event: 'error',
    listener: (...args: ServerEvents<T, U>['error']) => void,
  ): this;
  /** Removes a listener. */
  removeListener(
    event: 'headers',
    listener: (...args: ServerEvents<T, U>['headers']) => void,
  ): this;
  /** Removes a listener. */
  removeListener(
    event: 'close' | 'listening',
    listener: (...args: ServerEvents<T, U>['close']) => void,
  ): this;
  /** Removes a listener. */
  removeListener(
    event: 'wsClientError',
    listener: (...args: ServerEvents<T, U>['wsClientError']) => void,
  ): this;
  /** Removes a listener. */
  removeListener(
    event: string | symbol,
    listener: (...args: any[]) => void,
  ): this;
}
