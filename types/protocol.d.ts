/** The parts below: headers, the extension, frames. */

import { Duplex, Writable } from 'stream';

import messages = require('./messages');
import options = require('./options');

/** The `Sec-WebSocket-Extensions` header, RFC 6455, section 9.1. */
export namespace extension {
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

  /**
   * Writes the value of the header.
   *
   * @param extensions - for each extension its parameters, or a list of them
   */
  function format(extensions: {
    [extension: string]:
      | { [parameter: string]: ParameterValues }
      | readonly { [parameter: string]: ParameterValues }[];
  }): string;

  /**
   * Reads the value of the header.
   *
   * @param header - the value
   * @throws SyntaxError if it is malformed
   */
  function parse(header: string): Offers;
}

/** The `Sec-WebSocket-Protocol` header, RFC 6455, section 11.3.4. */
export namespace subprotocol {
  /**
   * Reads the value of the header.
   *
   * @param header - the value
   * @throws SyntaxError if it is malformed or names a subprotocol twice
   */
  function parse(header: string): Set<string>;
}

/** The permessage-deflate extension of one connection, RFC 7692. */
export class PerMessageDeflate {
  /** The name of the extension: `permessage-deflate`. */
  static readonly extensionName: string;

  /** What was agreed on; null before the negotiation. */
  params: PerMessageDeflate.Parameters | null;

  /** @param options - what to offer or to accept */
  constructor(options?: PerMessageDeflate.Options);

  /**
   * Takes the first acceptable offer of a client, or checks the response of a
   * server: RFC 7692, section 5.1.
   *
   * @param configurations - what `extension.parse()` found for the extension
   * @throws Error if there is nothing to accept
   */
  accept(configurations: extension.Parameters[]): PerMessageDeflate.Parameters;
  /** Releases what the extension holds. */
  cleanup(): void;
  /**
   * Compresses a fragment of a message: RFC 7692, section 7.2.1.
   *
   * @param data - the fragment
   * @param fin - whether it is the last one
   * @param callback - called with the result
   */
  compress(
    data: Buffer | string,
    fin: boolean,
    callback: (err: Error | null, data?: Buffer) => void,
  ): void;
  /**
   * Decompresses a fragment of a message: RFC 7692, section 7.2.2.
   *
   * @param data - the fragment
   * @param fin - whether it is the last one
   * @param callback - called with the result, or with a RangeError if that is
   *   longer than `maxPayload`
   */
  decompress(
    data: Buffer,
    fin: boolean,
    callback: (err: Error | null, data?: Buffer) => void,
  ): void;
  /** The parameters that a client offers: RFC 7692, section 7.1. */
  offer(): PerMessageDeflate.Parameters;
}

/** The types of the extension. */
export namespace PerMessageDeflate {
  /** Options of the extension. */
  interface Options extends Omit<
    options.PerMessageDeflateOptions,
    'clientMaxWindowBits' | 'serverMaxWindowBits'
  > {
    /**
     * The window of the client, 8 to 15 bits; `true` leaves it to the server,
     * `false` does not let the server choose. RFC 7692, section 7.1.2.2.
     */
    clientMaxWindowBits?: number | boolean | undefined;
    /**
     * The window of the server, 8 to 15 bits; `false` rejects who asks for one.
     * RFC 7692, section 7.1.2.1.
     */
    serverMaxWindowBits?: number | boolean | undefined;
    /**
     * Whether this is the end of a server.
     *
     * @defaultValue `false`
     */
    isServer?: boolean | undefined;
    /**
     * The most bytes that a message may inflate to; 0 for no limit.
     *
     * @defaultValue `0`
     */
    maxPayload?: number | undefined;
  }

  /** The parameters of the extension: RFC 7692, section 7.1. */
  interface Parameters {
    /** The server forgets its window after each message. */
    server_no_context_takeover?: true;
    /** The client forgets its window after each message. */
    client_no_context_takeover?: true;
    /** The window of the server, in bits. */
    server_max_window_bits?: number | true;
    /** The window of the client, in bits; `true`: the server may choose. */
    client_max_window_bits?: number | true;
  }
}

/** Decodes frames, RFC 6455, section 5.2: what is written to it comes out as events. */
export class Receiver extends Writable {
  /** @param options - from whom the frames come, and the limits */
  constructor(options?: Receiver.Options);

  /** Calls a listener each time an event is emitted. */
  on<E extends keyof Receiver.EmittedEvents>(
    event: E,
    listener: (this: Receiver, ...args: Receiver.EmittedEvents[E]) => void,
  ): this;
  /** Calls a listener each time an event is emitted. */
  on(
    event: string | symbol,
    listener: (this: Receiver, ...args: any[]) => void,
  ): this;

  /** Calls a listener the next time an event is emitted. */
  once<E extends keyof Receiver.EmittedEvents>(
    event: E,
    listener: (this: Receiver, ...args: Receiver.EmittedEvents[E]) => void,
  ): this;
  /** Calls a listener the next time an event is emitted. */
  once(
    event: string | symbol,
    listener: (this: Receiver, ...args: any[]) => void,
  ): this;
}

/** The types of the receiver. */
export namespace Receiver {
  /** Options of a receiver. */
  interface Options {
    /**
     * Whether several events may come in one tick.
     *
     * @defaultValue `true`
     */
    allowSynchronousEvents?: boolean | undefined;
    /**
     * As what binary messages arrive.
     *
     * @defaultValue `'nodebuffer'`
     */
    binaryType?: messages.BinaryType | undefined;
    /** The negotiated extensions by name. */
    extensions?: { [name: string]: PerMessageDeflate } | undefined;
    /**
     * Whether the frames come from a client, and so are masked.
     *
     * @defaultValue `false`
     */
    isServer?: boolean | undefined;
    /**
     * The most pieces of data that are buffered; 0 for no limit.
     *
     * @defaultValue `0`
     */
    maxBufferedChunks?: number | undefined;
    /**
     * The most fragments of a message; 0 for no limit.
     *
     * @defaultValue `0`
     */
    maxFragments?: number | undefined;
    /**
     * The most bytes of a message; 0 for no limit.
     *
     * @defaultValue `0`
     */
    maxPayload?: number | undefined;
    /**
     * Whether text and close reasons are trusted to be UTF-8.
     *
     * @defaultValue `false`
     */
    skipUTF8Validation?: boolean | undefined;
  }

  /** The arguments of each event that a receiver emits. */
  interface EmittedEvents {
    /** A close frame has arrived; the code is 1005 if it was empty. */
    conclude: [code: number, reason: Buffer];
    /** A message has arrived. */
    message: [data: messages.RawData | Blob, isBinary: boolean];
    /** A ping has arrived. */
    ping: [data: Buffer];
    /** A pong has arrived. */
    pong: [data: Buffer];
    /**
     * The peer broke the protocol or a limit. The error has a `code`, for
     * example `WS_ERR_INVALID_OPCODE`.
     */
    error: [error: Error];
    /** More can be written. */
    drain: [];
    /** All was decoded that was written before `end()`. */
    finish: [];
    /** The receiver is destroyed. */
    close: [];
  }
}

/** Encodes frames, RFC 6455, section 5.2, and writes them to a socket. */
export class Sender {
  /** Called when a Blob could not be read. */
  onerror: (err: Error) => void;

  /**
   * Makes a sender.
   *
   * @param socket - where the frames go
   * @param extensions - the negotiated extensions by name
   * @param generateMask - fills in the 4 bytes of a masking key
   */
  constructor(
    socket: Duplex,
    extensions?: { [name: string]: PerMessageDeflate },
    generateMask?: (mask: Buffer) => void,
  );

  /**
   * Encodes one frame.
   *
   * @param data - its payload
   * @param options - its header
   * @returns the header and the payload, or both in one
   */
  static frame(
    data: Buffer | string,
    options: Sender.FrameOptions,
  ): (Buffer | string)[];

  /**
   * Sends a close frame: RFC 6455, section 5.5.1.
   *
   * @param code - the close code; without it the frame is empty
   * @param data - the reason, at most 123 bytes
   * @param mask - whether to mask it
   * @param cb - called when it is sent, or with the error that prevented it
   * @throws TypeError if the code may not be sent
   * @throws RangeError if the reason is too long
   */
  close(
    code?: number,
    data?: string | Uint8Array,
    mask?: boolean,
    cb?: (err?: Error | null) => void,
  ): void;
  /**
   * Sends a ping: RFC 6455, section 5.5.2.
   *
   * @param data - its payload, at most 125 bytes
   * @param mask - whether to mask it
   * @param cb - called when it is sent, or with the error that prevented it
   * @throws RangeError if the payload is too long
   */
  ping(data: any, mask?: boolean, cb?: (err?: Error | null) => void): void;
  /**
   * Sends a pong: RFC 6455, section 5.5.3.
   *
   * @param data - its payload, at most 125 bytes
   * @param mask - whether to mask it
   * @param cb - called when it is sent, or with the error that prevented it
   * @throws RangeError if the payload is too long
   */
  pong(data: any, mask?: boolean, cb?: (err?: Error | null) => void): void;
  /**
   * Sends a message, or a fragment of one: RFC 6455, section 5.4.
   *
   * @param data - the message
   * @param options - how to send it
   * @param cb - called when it is sent, or with the error that prevented it
   */
  send(
    data: any,
    options: messages.SendOptions,
    cb?: (err?: Error | null) => void,
  ): void;
  /**
   * Writes what `Sender.frame()` made.
   *
   * @param list - the header and the payload, or both in one
   * @param cb - called when it is sent, or with the error that prevented it
   */
  sendFrame(
    list: readonly (Buffer | string)[],
    cb?: (err?: Error | null) => void,
  ): void;
}

/** The types of the sender. */
export namespace Sender {
  /** The header of a frame: RFC 6455, section 5.2. */
  interface FrameOptions {
    /** Whether it is the last frame of its message. */
    fin?: boolean | undefined;
    /** Fills in the 4 bytes of the masking key. By default they are random. */
    generateMask?: ((mask: Buffer) => void) | undefined;
    /** Whether to mask the payload. */
    mask?: boolean | undefined;
    /** The 4 bytes that hold the masking key. */
    maskBuffer?: Buffer | undefined;
    /** What the payload is: 0 to 2 for messages, 8 to 10 for close, ping, pong. */
    opcode: number;
    /** Whether the payload must not be masked in place. */
    readOnly?: boolean | undefined;
    /** Whether the payload is compressed: RFC 7692, section 6. */
    rsv1?: boolean | undefined;
  }
}
