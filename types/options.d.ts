/** The options of clients and servers. */

import {
  Agent,
  ClientRequest,
  IncomingMessage,
  OutgoingHttpHeaders,
  Server as HTTPServer,
} from 'http';
import { Server as HTTPSServer } from 'https';
import { createConnection } from 'net';
import { ConnectionOptions as TLSOptions, SecureContextOptions } from 'tls';
import { ZlibOptions } from 'zlib';

import CommonJS = require('../index');
import { WebSocket } from './websocket';

/** Certificates or keys. */
export type CertMeta = string | string[] | Buffer | Buffer[];

/** Options that a client and a server have in common. */
export interface ConnectionOptions {
  /**
   * Whether several `message`, `ping` and `pong` events may come in one tick.
   *
   * @defaultValue `true`
   */
  allowSynchronousEvents?: boolean | undefined;
  /**
   * Whether each ping is answered with a pong: RFC 6455, section 5.5.3. With
   * `false` that is up to a listener.
   *
   * @defaultValue `true`
   */
  autoPong?: boolean | undefined;
  /**
   * Milliseconds from `close()` on which the closing handshake may take. After
   * them the connection is ended without it.
   *
   * @defaultValue `30000`
   */
  closeTimeout?: number | undefined;
  /**
   * The most bytes that may wait for a peer that does not read; 0 or `Infinity`
   * for no limit, as in `ws`. A constructor that is given anything but a whole
   * number throws a `TypeError` with the code `ERR_INVALID_ARG_VALUE`. When `bufferedAmount` is greater after something was sent (a
   * close frame does not count), the WebSocket emits an `error` with the code
   * `WS_ERR_BUFFER_LIMIT`, which the callbacks of what is not written get, too,
   * and is terminated: `close` has the code 1006, because a close frame (1008,
   * RFC 6455, section 7.4.1, say) could not overtake what waits.
   *
   * @defaultValue `0`
   */
  maxBufferedAmount?: number | undefined;
  /**
   * The most pieces of received data that are buffered for one message; 0 for
   * no limit. Past it the connection is closed with the code 1008, and its
   * `error` has the code `WS_ERR_TOO_MANY_BUFFERED_PARTS`.
   *
   * @defaultValue `262144`
   */
  maxBufferedChunks?: number | undefined;
  /**
   * The most fragments of a message, RFC 6455, section 5.4; 0 for no limit.
   * Past it the connection is closed with the code 1008, and its `error` has
   * the code `WS_ERR_TOO_MANY_BUFFERED_PARTS`.
   *
   * @defaultValue `16384`
   */
  maxFragments?: number | undefined;
  /**
   * The most bytes of a message, after decompression; 0 for no limit. Past it
   * the connection is closed with the code 1009, and its `error` has the code
   * `WS_ERR_UNSUPPORTED_MESSAGE_LENGTH`.
   *
   * @defaultValue `104857600` (100 MiB)
   */
  maxPayload?: number | undefined;
  /**
   * The most automatic pongs that wait to be sent; 0 for no limit. Past it the
   * connection is terminated, without an `error`.
   *
   * @defaultValue `60`
   */
  maxPendingAutoPongs?: number | undefined;
  /**
   * Whether text and close reasons are trusted to be UTF-8, which RFC 6455,
   * section 8.1, forbids. Only for peers that are trusted. With `false` a
   * violation closes the connection with the code 1007, and its `error` has the
   * code `WS_ERR_INVALID_UTF8`.
   *
   * @defaultValue `false`
   */
  skipUTF8Validation?: boolean | undefined;
}

/**
 * What a client may say about TLS, besides certificates and keys, as far as the
 * types of this Node.js know it.
 */
type ClientTLSOptions = Pick<
  TLSOptions,
  Extract<
    keyof TLSOptions,
    | 'ALPNProtocols'
    | 'enableTrace'
    | 'minDHSize'
    | 'pskCallback'
    | 'requestOCSP'
    | 'secureContext'
    | 'servername'
    | 'session'
  >
>;

/**
 * Options of a client. Those of `http.request()` and `https.request()` are
 * options too.
 */
export interface ClientOptions
  extends SecureContextOptions, ClientTLSOptions, ConnectionOptions {
  /** Makes the sockets. By default there is no agent. */
  agent?: Agent | undefined;
  /**
   * Checks the server's certificate, as in `tls.connect()`: returns an error
   * to refuse it, else undefined. `@types/ws` has it return a boolean, so
   * anything may be returned.
   */
  checkServerIdentity?(servername: string, cert: any): any;
  /** Makes the socket, in place of `net.connect()` or `tls.connect()`. */
  createConnection?: typeof createConnection | undefined;
  /** The version of IP to use, 4 or 6. By default both. */
  family?: number | undefined;
  /**
   * Completes the handshake request before it is sent, once for each redirect.
   * It has to call `request.end()`.
   */
  finishRequest?: FinishRequestCallback | undefined;
  /**
   * Whether to go where a 3xx response points.
   *
   * @defaultValue `false`
   */
  followRedirects?: boolean | undefined;
  /**
   * Fills in the 4 bytes of the masking key of each frame: RFC 6455, section
   * 5.3. By default they are random.
   */
  generateMask?(mask: Buffer): void;
  /**
   * Milliseconds without an answer after which the handshake fails: `error`,
   * with the message `Opening handshake has timed out`, and `close`. By default
   * there is no limit.
   */
  handshakeTimeout?: number | undefined;
  /** Headers of the handshake request. */
  headers?: { [key: string]: string } | undefined;
  /** Ignored: the URL says it. */
  host?: string | undefined;
  /** The address of this machine to connect from. */
  localAddress?: string | undefined;
  /**
   * The most redirects that are followed, with `followRedirects`. Past it the
   * handshake fails.
   *
   * @defaultValue `10`
   */
  maxRedirects?: number | undefined;
  /** Value of the `Origin` header; `Sec-WebSocket-Origin` in version 8. */
  origin?: string | undefined;
  /**
   * Whether to offer compression, RFC 7692, and how.
   *
   * @defaultValue `true`
   */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Ignored: the URL says it. See `protocols`. */
  protocol?: string | undefined;
  /** The subprotocols, where they are not an argument of the constructor. */
  protocols?: string | string[] | undefined;
  /**
   * Value of the `Sec-WebSocket-Version` header, 13 or 8: RFC 6455, section
   * 4.4.
   *
   * @defaultValue `13`
   */
  protocolVersion?: number | undefined;
  /**
   * Whether a server whose certificate cannot be verified is refused.
   *
   * @defaultValue `true`
   */
  rejectUnauthorized?: boolean | undefined;
}

/**
 * Completes a handshake request; it has to call `request.end()`.
 *
 * @param request - the request, not sent yet
 * @param websocket - the client
 */
export type FinishRequestCallback = (
  request: ClientRequest,
  websocket: CommonJS.WebSocket,
) => void;

/** Options of the permessage-deflate extension, RFC 7692. */
export interface PerMessageDeflateOptions {
  /**
   * Whether the client forgets its window after each message: RFC 7692,
   * section 7.1.1.2. By default, if the other end asks for it.
   */
  clientNoContextTakeover?: boolean | undefined;
  /**
   * The window of the client, 8 to 15 bits: RFC 7692, section 7.1.2.2. By
   * default a client leaves it to the server.
   */
  clientMaxWindowBits?: number | undefined;
  /**
   * Accepted for the sake of `ws`, without effect: how many messages Node's
   * thread pool may compress at once.
   *
   * @defaultValue `10`
   */
  concurrencyLimit?: number | undefined;
  /**
   * Whether the server forgets its window after each message: RFC 7692,
   * section 7.1.1.1. By default, if the other end asks for it.
   */
  serverNoContextTakeover?: boolean | undefined;
  /**
   * The window of the server, 8 to 15 bits: RFC 7692, section 7.1.2.1. By
   * default 15, or less if the client asks for it.
   */
  serverMaxWindowBits?: number | undefined;
  /**
   * Without context takeover, messages of fewer bytes are not compressed.
   *
   * @defaultValue `1024`
   */
  threshold?: number | undefined;
  /**
   * Options of the compressor: `level`, `memLevel`, `strategy` and `dictionary`
   * count. Where zlib would throw for a value, so does the first `send()` that
   * compresses.
   */
  zlibDeflateOptions?:
    | {
        /** Without effect. */
        flush?: number | undefined;
        /** Without effect. */
        finishFlush?: number | undefined;
        /** Without effect. */
        chunkSize?: number | undefined;
        /** Without effect: what was negotiated counts. */
        windowBits?: number | undefined;
        /** 0 (fast) to 9 (small); -1 for zlib's default. @defaultValue `-1` */
        level?: number | undefined;
        /** How much memory is used, 1 to 9. @defaultValue `8` */
        memLevel?: number | undefined;
        /** One of zlib's strategies. @defaultValue `Z_DEFAULT_STRATEGY` */
        strategy?: number | undefined;
        /** Bytes to refer to, which the peer has to know, too. */
        dictionary?: Buffer | Buffer[] | DataView | undefined;
        /** Without effect. */
        info?: boolean | undefined;
      }
    | undefined;
  /** Options of the decompressor: `dictionary` counts. */
  zlibInflateOptions?: ZlibOptions | undefined;
}

/**
 * Decides at once whether a client may connect; a refusal is answered with 401.
 *
 * @param info - `origin`: value of the `Origin` header; `secure`: whether the
 *   connection is encrypted; `req`: the request
 * @returns whether to accept it
 */
export type VerifyClientCallbackSync<
  Request extends IncomingMessage = IncomingMessage,
> = (info: { origin: string; secure: boolean; req: Request }) => boolean;

/**
 * Decides in its own time whether a client may connect. A refusal is answered
 * with `code` (401 by default), `message` as the body, and `headers`.
 *
 * @param info - as for `VerifyClientCallbackSync`
 * @param callback - to be called with the decision
 */
export type VerifyClientCallbackAsync<
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

/**
 * Options of a server. One and only one of `port`, `server` and `noServer` has
 * to be given.
 */
export interface ServerOptions<
  U extends typeof WebSocket,
  V extends typeof IncomingMessage,
> extends ConnectionOptions {
  /**
   * The most connections that wait to be accepted, with `port`.
   *
   * @defaultValue `511`
   */
  backlog?: number | undefined;
  /**
   * Whether the open WebSockets are kept in `clients`.
   *
   * @defaultValue `true`
   */
  clientTracking?: boolean | undefined;
  /**
   * Chooses among the client's subprotocols: RFC 6455, section 4.2.2. `false`
   * chooses none. By default, the first is chosen.
   */
  handleProtocols?: (
    protocols: Set<string>,
    request: InstanceType<V>,
  ) => string | false;
  /** The address to listen on, with `port`. By default all of them. */
  host?: string | undefined;
  /**
   * Whether to listen on nothing; see `handleUpgrade()`.
   *
   * @defaultValue `false`
   */
  noServer?: boolean | undefined;
  /** Serve this path only; others are answered with 400. By default all. */
  path?: string | undefined;
  /**
   * Whether to accept compression, RFC 7692, and how.
   *
   * @defaultValue `false`
   */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Listen on this port; 0 takes a free one. */
  port?: number | undefined;
  /** Serve the upgrade requests of this server. */
  server?: HTTPServer<V> | HTTPSServer<V> | undefined;
  /** Decides which clients may connect. By default all may. */
  verifyClient?:
    | VerifyClientCallbackAsync<InstanceType<V>>
    | VerifyClientCallbackSync<InstanceType<V>>
    | undefined;
  /** The class of the connections: `WebSocket` or a subclass of it. */
  WebSocket?: U | undefined;
}
