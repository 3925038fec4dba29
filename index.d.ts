/// <reference types="node" />

import { EventEmitter } from 'events';
import {
  Agent,
  ClientRequest,
  ClientRequestArgs,
  IncomingMessage,
  OutgoingHttpHeaders,
  Server as HTTPServer,
} from 'http';
import { Server as HTTPSServer } from 'https';
import { createConnection } from 'net';
import { Duplex, DuplexOptions, Writable } from 'stream';
import { SecureContextOptions } from 'tls';
import { URL } from 'url';
import { ZlibOptions } from 'zlib';

/**
 * The class without what `require('hawser')` hangs on it: this is what ES
 * modules import, see index.d.mts.
 */
declare class WebSocketBase extends EventEmitter {
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
   * As what binary messages arrive. With `'fragments'` a message is an array of
   * its fragments. Any other value that is assigned is ignored.
   *
   * `'blob'` can be assigned and is read back, too. It is not in the type that
   * is read, so that this class is assignable to the one of `@types/ws`.
   *
   * @default 'nodebuffer'
   */
  get binaryType(): 'nodebuffer' | 'arraybuffer' | 'fragments';
  set binaryType(type: WebSocket.BinaryType);
  /** Bytes which `send()` was given and the operating system was not, yet. */
  readonly bufferedAmount: number;
  /** The names of the negotiated extensions, separated by commas. */
  readonly extensions: string;
  /** Whether `pause()` is in force. */
  readonly isPaused: boolean;
  /** The subprotocol that the server chose; empty if there is none. */
  readonly protocol: string;
  /** Where the connection is in its life. */
  readonly readyState:
    | typeof WebSocketBase.CONNECTING
    | typeof WebSocketBase.OPEN
    | typeof WebSocketBase.CLOSING
    | typeof WebSocketBase.CLOSED;
  /** The address of the server. A server's WebSocket has none. */
  readonly url: string;

  onopen: ((event: WebSocket.Event) => void) | null;
  onerror: ((event: WebSocket.ErrorEvent) => void) | null;
  onclose: ((event: WebSocket.CloseEvent) => void) | null;
  onmessage: ((event: WebSocket.MessageEvent) => void) | null;

  /** Makes a WebSocket without a connection, as a server does. */
  constructor(address: null);
  /**
   * Starts to connect.
   *
   * @param address a URL with the scheme `ws:`, `wss:`, `http:`, `https:` or
   *   `ws+unix:`
   * @throws SyntaxError if the URL or a subprotocol is invalid
   */
  constructor(
    address: string | URL,
    options?: WebSocket.ClientOptions | ClientRequestArgs,
  );
  /**
   * Starts to connect.
   *
   * @param address a URL with the scheme `ws:`, `wss:`, `http:`, `https:` or
   *   `ws+unix:`
   * @param protocols the subprotocols to offer, the preferred one first
   * @throws SyntaxError if the URL or a subprotocol is invalid
   */
  constructor(
    address: string | URL,
    protocols?: string | string[],
    options?: WebSocket.ClientOptions | ClientRequestArgs,
  );

  /**
   * Starts the closing handshake, RFC 6455, section 7.1.2.
   *
   * @param code the close code: 1000 to 1014 but 1004, 1005 and 1006, or 3000
   *   to 4999
   * @param data the reason, at most 123 bytes
   * @throws TypeError if the code may not be sent
   * @throws RangeError if the reason is too long
   */
  close(code?: number, data?: string | Uint8Array): void;
  /**
   * Sends a ping.
   *
   * @param data its payload, at most 125 bytes
   * @param mask whether to mask it; by default a client does
   * @param cb called when it is sent, or with the error that prevented it
   */
  ping(
    data?: any,
    mask?: boolean | ((err: Error) => void),
    cb?: (err: Error) => void,
  ): void;
  /**
   * Sends a pong, which need not answer anything.
   *
   * @param data its payload, at most 125 bytes
   * @param mask whether to mask it; by default a client does
   * @param cb called when it is sent, or with the error that prevented it
   */
  pong(
    data?: any,
    mask?: boolean | ((err: Error) => void),
    cb?: (err: Error) => void,
  ): void;
  /**
   * Sends a message: text if it is a string, else binary.
   *
   * @param data the message
   * @param cb called when it is sent, or with the error that prevented it
   * @throws Error while the connection is not open yet
   */
  send(data: WebSocket.SendableData, cb?: (err?: Error) => void): void;
  /**
   * Sends a message, or a fragment of one.
   *
   * @param data the message
   * @param options how to send it
   * @param cb called when it is sent, or with the error that prevented it
   * @throws Error while the connection is not open yet
   */
  send(
    data: WebSocket.SendableData,
    options: WebSocket.SendOptions,
    cb?: (err?: Error) => void,
  ): void;
  /** Ends the connection at once, without a closing handshake. */
  terminate(): void;

  /**
   * Reads no more from the connection. Some events can still come, from what
   * was read before. Does nothing before the connection is open or after it is
   * closed.
   */
  pause(): void;
  /** Undoes `pause()`. */
  resume(): void;

  /**
   * Calls a listener with an event object, as in a browser. The same listener
   * is registered once only.
   */
  addEventListener<K extends keyof WebSocket.WebSocketEventMap>(
    type: K,
    listener:
      | ((event: WebSocket.WebSocketEventMap[K]) => void)
      | { handleEvent(event: WebSocket.WebSocketEventMap[K]): void },
    options?: WebSocket.EventListenerOptions,
  ): void;
  /** Removes a listener which `addEventListener()` registered. */
  removeEventListener<K extends keyof WebSocket.WebSocketEventMap>(
    type: K,
    listener:
      | ((event: WebSocket.WebSocketEventMap[K]) => void)
      | { handleEvent(event: WebSocket.WebSocketEventMap[K]): void },
  ): void;

  on<E extends keyof WebSocket.EmittedEvents>(
    event: E,
    listener: (this: this, ...args: WebSocket.EmittedEvents[E]) => void,
  ): this;
  on(
    event: string | symbol,
    listener: (this: this, ...args: any[]) => void,
  ): this;

  once<E extends keyof WebSocket.EmittedEvents>(
    event: E,
    listener: (this: this, ...args: WebSocket.EmittedEvents[E]) => void,
  ): this;
  once(
    event: string | symbol,
    listener: (this: this, ...args: any[]) => void,
  ): this;

  off<E extends keyof WebSocket.EmittedEvents>(
    event: E,
    listener: (this: this, ...args: WebSocket.EmittedEvents[E]) => void,
  ): this;
  off(
    event: string | symbol,
    listener: (this: this, ...args: any[]) => void,
  ): this;

  addListener<E extends keyof WebSocket.EmittedEvents>(
    event: E,
    listener: (this: this, ...args: WebSocket.EmittedEvents[E]) => void,
  ): this;
  addListener(
    event: string | symbol,
    listener: (this: this, ...args: any[]) => void,
  ): this;

  removeListener<E extends keyof WebSocket.EmittedEvents>(
    event: E,
    listener: (this: this, ...args: WebSocket.EmittedEvents[E]) => void,
  ): this;
  removeListener(
    event: string | symbol,
    listener: (this: this, ...args: any[]) => void,
  ): this;
}

/**
 * A WebSocket: a client's, made with an address, or a server's, given to the
 * listeners of the server's `connection` event.
 */
declare class WebSocket extends WebSocketBase {}

declare namespace WebSocket {
  /**
   * A message as the `message` event has it: text is always a Buffer, binary
   * data is what `binaryType` says. With `binaryType = 'blob'`, which is not in
   * this union so that it stays the one of `@types/ws`, declare the parameter
   * of the listener as `Blob`.
   */
  type RawData = Buffer | ArrayBuffer | Buffer[];

  /** A message as a `MessageEvent` has it. */
  type Data = string | Buffer | ArrayBuffer | Buffer[];

  /** Certificates or keys. */
  type CertMeta = string | string[] | Buffer | Buffer[];

  /** As what binary messages may arrive. */
  type BinaryType = 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob';

  /** What `send()` accepts; what is not bytes yet goes through `Buffer.from()`. */
  type SendableData =
    | string
    | number
    | ArrayBufferView
    | ArrayBuffer
    | SharedArrayBuffer
    | Blob
    | readonly any[]
    | { valueOf(): ArrayBuffer }
    | { valueOf(): SharedArrayBuffer }
    | { valueOf(): Uint8Array }
    | { valueOf(): readonly number[] }
    | { valueOf(): string }
    | { [Symbol.toPrimitive](hint: string): string };

  /** How to send a message. */
  interface SendOptions {
    /** Whether it is binary. By default, if it is not a string. */
    binary?: boolean | undefined;
    /** Whether to compress it. By default, if compression is negotiated. */
    compress?: boolean | undefined;
    /** Whether it is the last fragment of its message. @default true */
    fin?: boolean | undefined;
    /** Whether to mask it. By default, if this is a client. */
    mask?: boolean | undefined;
  }

  /** The arguments of each event that a WebSocket emits. */
  interface EmittedEvents {
    /** The connection is closed; the reason is UTF-8. */
    close: [code: number, reason: Buffer];
    /** Something went wrong; `close` follows. */
    error: [error: Error];
    /** A message has arrived. */
    message: [data: RawData, isBinary: boolean];
    /** The connection is open. */
    open: [];
    /** A ping has arrived; with `autoPong` it is answered already. */
    ping: [data: Buffer];
    /** A pong has arrived. */
    pong: [data: Buffer];
    /** A redirect is about to be followed. */
    redirect: [url: string, request: ClientRequest];
    /** The server answered something else than 101. */
    'unexpected-response': [request: ClientRequest, response: IncomingMessage];
    /** The response of the server has arrived. */
    upgrade: [response: IncomingMessage];
  }

  /** Decides at once whether a client may connect. */
  type VerifyClientCallbackSync<
    Request extends IncomingMessage = IncomingMessage,
  > = (info: { origin: string; secure: boolean; req: Request }) => boolean;

  /**
   * Decides in its own time whether a client may connect. A refusal is answered
   * with `code` (401 by default), `message` as the body, and `headers`.
   */
  type VerifyClientCallbackAsync<
    Request extends IncomingMessage = IncomingMessage,
  > = (
    info: { origin: string; secure: boolean; req: Request },
    callback: (
      res: boolean,
      code?: number,
      message?: string,
      headers?: OutgoingHttpHeaders,
    ) => void,
  ) => void;

  /** Completes a handshake request; it has to call `request.end()`. */
  type FinishRequestCallback = (
    request: ClientRequest,
    websocket: WebSocket,
  ) => void;

  /** Options that a client and a server have in common. */
  interface ConnectionOptions {
    /**
     * Whether several `message`, `ping` and `pong` events may come in one tick.
     *
     * @default true
     */
    allowSynchronousEvents?: boolean | undefined;
    /** Whether each ping is answered with a pong. @default true */
    autoPong?: boolean | undefined;
    /**
     * Milliseconds which `close()` waits for the peer's close frame before the
     * connection is ended.
     *
     * @default 30000
     */
    closeTimeout?: number | undefined;
    /** The most chunks that are buffered; 0 for no limit. @default 262144 */
    maxBufferedChunks?: number | undefined;
    /** The most fragments of a message; 0 for no limit. @default 16384 */
    maxFragments?: number | undefined;
    /** The most bytes of a message; 0 for no limit. @default 104857600 */
    maxPayload?: number | undefined;
    /**
     * The most automatic pongs that wait to be sent before the connection is
     * ended; 0 for no limit.
     *
     * @default 60
     */
    maxPendingAutoPongs?: number | undefined;
    /** Whether text is trusted to be UTF-8. @default false */
    skipUTF8Validation?: boolean | undefined;
  }

  /**
   * Options of a client. Those of `http.request()` and `https.request()` are
   * options too.
   */
  interface ClientOptions extends SecureContextOptions, ConnectionOptions {
    agent?: Agent | undefined;
    checkServerIdentity?(
      servername: string,
      cert: any,
    ): boolean | Error | undefined;
    /** Makes the socket, in place of `net.connect()` or `tls.connect()`. */
    createConnection?: typeof createConnection | undefined;
    family?: number | undefined;
    /** Completes the handshake request before it is sent. */
    finishRequest?: FinishRequestCallback | undefined;
    /** Whether to go where a 3xx response points. @default false */
    followRedirects?: boolean | undefined;
    /** Fills in the 4 bytes of the masking key of each frame. */
    generateMask?(mask: Buffer): void;
    /** Milliseconds without an answer after which the handshake fails. */
    handshakeTimeout?: number | undefined;
    headers?: { [key: string]: string } | undefined;
    /** Ignored: the URL says it. */
    host?: string | undefined;
    localAddress?: string | undefined;
    /** The most redirects that are followed. @default 10 */
    maxRedirects?: number | undefined;
    /** Value of the `Origin` header. */
    origin?: string | undefined;
    /** Whether to offer compression, and how. @default true */
    perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
    /** Ignored: the URL says it. See `protocols`. */
    protocol?: string | undefined;
    /** The subprotocols, where they are not an argument of the constructor. */
    protocols?: string | string[] | undefined;
    /** Value of the `Sec-WebSocket-Version` header, 13 or 8. @default 13 */
    protocolVersion?: number | undefined;
    rejectUnauthorized?: boolean | undefined;
  }

  /** Options of the permessage-deflate extension, RFC 7692. */
  interface PerMessageDeflateOptions {
    /** Whether the client forgets its window after each message. */
    clientNoContextTakeover?: boolean | undefined;
    /** The window of the client, 8 to 15 bits. */
    clientMaxWindowBits?: number | undefined;
    /** Accepted as in `ws`. @default 10 */
    concurrencyLimit?: number | undefined;
    /** Whether the server forgets its window after each message. */
    serverNoContextTakeover?: boolean | undefined;
    /** The window of the server, 8 to 15 bits. */
    serverMaxWindowBits?: number | undefined;
    /**
     * Without context takeover, messages of fewer bytes are not compressed.
     *
     * @default 1024
     */
    threshold?: number | undefined;
    /** Options of the compressor. */
    zlibDeflateOptions?:
      | {
          flush?: number | undefined;
          finishFlush?: number | undefined;
          chunkSize?: number | undefined;
          windowBits?: number | undefined;
          level?: number | undefined;
          memLevel?: number | undefined;
          strategy?: number | undefined;
          dictionary?: Buffer | Buffer[] | DataView | undefined;
          info?: boolean | undefined;
        }
      | undefined;
    /** Options of the decompressor. */
    zlibInflateOptions?: ZlibOptions | undefined;
  }

  interface Event {
    type: string;
    target: WebSocket;
  }

  interface ErrorEvent {
    error: any;
    message: string;
    type: string;
    target: WebSocket;
  }

  interface CloseEvent {
    /** Whether close frames went both ways. */
    wasClean: boolean;
    code: number;
    reason: string;
    type: string;
    target: WebSocket;
  }

  interface MessageEvent {
    data: Data;
    type: string;
    target: WebSocket;
  }

  /** The event objects of `addEventListener()`. */
  interface WebSocketEventMap {
    open: Event;
    error: ErrorEvent;
    close: CloseEvent;
    message: MessageEvent;
  }

  interface EventListenerOptions {
    /** Forget the listener after its first call. @default false */
    once?: boolean | undefined;
  }

  /**
   * Options of a server. One and only one of `port`, `server` and `noServer` has
   * to be given.
   */
  interface ServerOptions<
    U extends typeof WebSocketBase = typeof WebSocketBase,
    V extends typeof IncomingMessage = typeof IncomingMessage,
  > extends ConnectionOptions {
    /** The most connections that wait to be accepted. @default 511 */
    backlog?: number | undefined;
    /** Whether the open WebSockets are kept in `clients`. @default true */
    clientTracking?: boolean | undefined;
    /** Chooses among the client's subprotocols. By default, the first. */
    handleProtocols?: (
      protocols: Set<string>,
      request: InstanceType<V>,
    ) => string | false;
    /** The address to listen on, with `port`. */
    host?: string | undefined;
    /** Listen on nothing; see `handleUpgrade()`. @default false */
    noServer?: boolean | undefined;
    /** Serve this path only. */
    path?: string | undefined;
    /** Whether to accept compression, and how. @default false */
    perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
    /** Listen on this port; 0 takes a free one. */
    port?: number | undefined;
    /** Serve the upgrade requests of this server. */
    server?: HTTPServer<V> | HTTPSServer<V> | undefined;
    /** Decides which clients may connect. */
    verifyClient?:
      | VerifyClientCallbackAsync<InstanceType<V>>
      | VerifyClientCallbackSync<InstanceType<V>>
      | undefined;
    /** The class of the connections. */
    WebSocket?: U | undefined;
  }

  interface AddressInfo {
    address: string;
    family: string;
    port: number;
  }

  /** The arguments of each event that a server emits. */
  interface ServerEvents<
    T extends typeof WebSocketBase = typeof WebSocketBase,
    U extends typeof IncomingMessage = typeof IncomingMessage,
  > {
    /** The server and all its connections are closed. */
    close: [];
    /** A client has connected. */
    connection: [websocket: InstanceType<T>, request: InstanceType<U>];
    /** The HTTP server below has failed. */
    error: [error: Error];
    /** The lines of the response are about to be sent and may be changed. */
    headers: [headers: string[], request: InstanceType<U>];
    /** The server listens. */
    listening: [];
    /** A request is faulty. Whoever listens has to answer it. */
    wsClientError: [error: Error, socket: Duplex, request: InstanceType<U>];
  }

  /** A WebSocket server. */
  class Server<
    T extends typeof WebSocketBase = typeof WebSocketBase,
    U extends typeof IncomingMessage = typeof IncomingMessage,
  > extends EventEmitter {
    /** The options with their values. */
    options: ServerOptions<T, U>;
    /** @deprecated It is declared by `@types/ws`; use `options.path`. */
    path: string;
    /** The open WebSockets. With `clientTracking: false` there is no set. */
    clients: Set<InstanceType<T>>;

    /**
     * @param options options of the server
     * @param callback with `port`: called when the server listens
     * @throws TypeError unless exactly one mode is given
     */
    constructor(options?: ServerOptions<T, U>, callback?: () => void);

    /**
     * Where the server is reached: a path for a pipe or Unix socket, null when
     * the server is closed.
     *
     * @throws Error with `noServer`
     */
    address(): AddressInfo | string | null;
    /**
     * Accepts no more connections. The open ones stay open; `close` is emitted
     * when the last of them is closed.
     *
     * @param cb called at `close`, with an error if the server was closed before
     */
    close(cb?: (err?: Error) => void): void;
    /**
     * Does the handshake for an upgrade request.
     *
     * @param request the request
     * @param socket its socket
     * @param upgradeHead what the client has sent after the request
     * @param callback called with the new WebSocket
     */
    handleUpgrade(
      request: InstanceType<U>,
      socket: Duplex,
      upgradeHead: Buffer,
      callback: (client: InstanceType<T>, request: InstanceType<U>) => void,
    ): void;
    /** Whether the server answers for a request. Meant to be overridden. */
    shouldHandle(request: InstanceType<U>): boolean | Promise<boolean>;

    on<E extends keyof ServerEvents>(
      event: E,
      cb: (this: Server<T, U>, ...args: ServerEvents<T, U>[E]) => void,
    ): this;
    on(
      event: string | symbol,
      listener: (this: Server<T, U>, ...args: any[]) => void,
    ): this;

    once<E extends keyof ServerEvents>(
      event: E,
      cb: (this: Server<T, U>, ...args: ServerEvents<T, U>[E]) => void,
    ): this;
    once(
      event: string | symbol,
      listener: (this: Server<T, U>, ...args: any[]) => void,
    ): this;

    off<E extends keyof ServerEvents>(
      event: E,
      cb: (this: Server<T, U>, ...args: ServerEvents<T, U>[E]) => void,
    ): this;
    off(
      event: string | symbol,
      listener: (this: Server<T, U>, ...args: any[]) => void,
    ): this;

    addListener<E extends keyof ServerEvents>(
      event: E,
      cb: (this: Server<T, U>, ...args: ServerEvents<T, U>[E]) => void,
    ): this;
    addListener(
      event: string | symbol,
      listener: (this: Server<T, U>, ...args: any[]) => void,
    ): this;

    removeListener<E extends keyof ServerEvents>(
      event: E,
      cb: (this: Server<T, U>, ...args: ServerEvents<T, U>[E]) => void,
    ): this;
    removeListener(
      event: string | symbol,
      listener: (this: Server<T, U>, ...args: any[]) => void,
    ): this;
  }

  const WebSocketServer: typeof Server;
  interface WebSocketServer extends Server {}

  const WebSocket: typeof WebSocketBase;
  interface WebSocket extends WebSocketBase {}

  /**
   * Wraps a WebSocket in a stream. Ending either closes the other.
   *
   * @param websocket the WebSocket
   * @param options options of the stream
   */
  function createWebSocketStream(
    websocket: WebSocket,
    options?: DuplexOptions,
  ): Duplex;

  /** The `Sec-WebSocket-Extensions` header, RFC 6455, section 9.1. */
  namespace extension {
    /**
     * The values of each parameter, in order; `true` for a parameter without a
     * value.
     */
    interface Parameters {
      [parameter: string]: (string | true)[];
    }

    /** The offers of each extension, in order. */
    interface Offers {
      [extension: string]: Parameters[];
    }

    /** A parameter or a list of its values, for writing. */
    type ParameterValues =
      string | number | true | readonly (string | number | true)[];

    /** Writes the value of the header. */
    function format(extensions: {
      [extension: string]:
        | { [parameter: string]: ParameterValues }
        | readonly { [parameter: string]: ParameterValues }[];
    }): string;

    /**
     * Reads the value of the header.
     *
     * @throws SyntaxError if it is malformed
     */
    function parse(header: string): Offers;
  }

  /** The `Sec-WebSocket-Protocol` header, RFC 6455, section 11.3.4. */
  namespace subprotocol {
    /**
     * Reads the value of the header.
     *
     * @throws SyntaxError if it is malformed or names a subprotocol twice
     */
    function parse(header: string): Set<string>;
  }

  /** The permessage-deflate extension of one connection, RFC 7692. */
  class PerMessageDeflate {
    /** The name of the extension. */
    static readonly extensionName: string;

    /** What was agreed on; null before the negotiation. */
    params: PerMessageDeflate.Parameters | null;

    constructor(options?: PerMessageDeflate.Options);

    /**
     * Takes the first acceptable offer of a client, or checks the response of a
     * server.
     *
     * @throws Error if there is nothing to accept
     */
    accept(
      configurations: extension.Parameters[],
    ): PerMessageDeflate.Parameters;
    /** Releases what the extension holds. */
    cleanup(): void;
    /** Compresses a fragment of a message. */
    compress(
      data: Buffer | string,
      fin: boolean,
      callback: (err: Error | null, data?: Buffer) => void,
    ): void;
    /** Decompresses a fragment of a message. */
    decompress(
      data: Buffer,
      fin: boolean,
      callback: (err: Error | null, data?: Buffer) => void,
    ): void;
    /** The parameters that a client offers. */
    offer(): PerMessageDeflate.Parameters;
  }

  namespace PerMessageDeflate {
    interface Options extends Omit<
      PerMessageDeflateOptions,
      'clientMaxWindowBits' | 'serverMaxWindowBits'
    > {
      /**
       * The window of the client, 8 to 15 bits; `true` leaves it to the server,
       * `false` does not let the server choose.
       */
      clientMaxWindowBits?: number | boolean | undefined;
      /** The window of the server; `false` rejects who asks for one. */
      serverMaxWindowBits?: number | boolean | undefined;
      /** Which end this is. @default false */
      isServer?: boolean | undefined;
      /** The most bytes to inflate to; 0 for no limit. @default 0 */
      maxPayload?: number | undefined;
    }

    interface Parameters {
      server_no_context_takeover?: true;
      client_no_context_takeover?: true;
      server_max_window_bits?: number | true;
      client_max_window_bits?: number | true;
    }
  }

  /** Decodes frames: what is written to it comes out as events. */
  class Receiver extends Writable {
    constructor(options?: Receiver.Options);

    on<E extends keyof Receiver.EmittedEvents>(
      event: E,
      listener: (this: Receiver, ...args: Receiver.EmittedEvents[E]) => void,
    ): this;
    on(
      event: string | symbol,
      listener: (this: Receiver, ...args: any[]) => void,
    ): this;

    once<E extends keyof Receiver.EmittedEvents>(
      event: E,
      listener: (this: Receiver, ...args: Receiver.EmittedEvents[E]) => void,
    ): this;
    once(
      event: string | symbol,
      listener: (this: Receiver, ...args: any[]) => void,
    ): this;
  }

  namespace Receiver {
    interface Options {
      allowSynchronousEvents?: boolean | undefined;
      binaryType?: BinaryType | undefined;
      /** The negotiated extensions by name. */
      extensions?: { [name: string]: PerMessageDeflate } | undefined;
      /** Whether the frames come from a client. @default false */
      isServer?: boolean | undefined;
      maxBufferedChunks?: number | undefined;
      maxFragments?: number | undefined;
      maxPayload?: number | undefined;
      skipUTF8Validation?: boolean | undefined;
    }

    interface EmittedEvents {
      /** A close frame has arrived. */
      conclude: [code: number, reason: Buffer];
      message: [data: RawData | Blob, isBinary: boolean];
      ping: [data: Buffer];
      pong: [data: Buffer];
      /** The stream has failed; the peer broke the protocol or a limit. */
      error: [error: Error];
      drain: [];
      finish: [];
      close: [];
    }
  }

  /** Encodes frames and writes them to a socket. */
  class Sender {
    /** Called when a message could not be read. */
    onerror: (err: Error) => void;

    constructor(
      socket: Duplex,
      extensions?: { [name: string]: PerMessageDeflate },
      generateMask?: (mask: Buffer) => void,
    );

    /** Encodes one frame: its header and its payload, or both in one. */
    static frame(
      data: Buffer | string,
      options: Sender.FrameOptions,
    ): (Buffer | string)[];

    close(
      code?: number,
      data?: string | Uint8Array,
      mask?: boolean,
      cb?: (err?: Error | null) => void,
    ): void;
    ping(data: any, mask?: boolean, cb?: (err?: Error | null) => void): void;
    pong(data: any, mask?: boolean, cb?: (err?: Error | null) => void): void;
    send(
      data: any,
      options: SendOptions,
      cb?: (err?: Error | null) => void,
    ): void;
  }

  namespace Sender {
    interface FrameOptions {
      /** Whether it is the last frame of its message. */
      fin?: boolean | undefined;
      generateMask?: ((mask: Buffer) => void) | undefined;
      mask?: boolean | undefined;
      /** The buffer that holds the masking key. */
      maskBuffer?: Buffer | undefined;
      opcode: number;
      /** Whether the payload must not be masked in place. */
      readOnly?: boolean | undefined;
      /** Whether the payload is compressed. */
      rsv1?: boolean | undefined;
    }
  }

  /** How hawser moves the bytes of all connections of this process. */
  interface EngineOptions {
    /**
     * How many threads read and write the sockets: 0 for none but JavaScript's
     * own, `'auto'` to let hawser decide. The environment variable
     * `HAWSER_IO_THREADS` says the same.
     *
     * @default 'auto'
     */
    ioThreads?: number | 'auto' | undefined;
    /**
     * Whether plain sockets are taken over from Node; with `false` every byte
     * goes through Node's streams, which helps to find faults. The environment
     * variable `HAWSER_TAKEOVER=0` says the same.
     *
     * @default true
     */
    takeover?: boolean | undefined;
  }

  /** Sets the engine up. To be called before the first connection. */
  function configure(options: EngineOptions): void;
}

export = WebSocket;
