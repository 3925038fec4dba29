/** What is sent and received: the payloads of messages. */

/**
 * A message as the `message` event has it: text is always a Buffer, binary data
 * is what `binaryType` says. With `binaryType = 'blob'`, which is not in this
 * union so that it stays the one of `@types/ws`, declare the parameter of the
 * listener as `Blob`.
 */
export type RawData = Buffer | ArrayBuffer | Buffer[];

/** A message as a `MessageEvent` has it: text is a string. */
export type Data = string | Buffer | ArrayBuffer | Buffer[];

/** As what binary messages may arrive; see `binaryType`. */
export type BinaryType = 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob';

/**
 * What `send()` accepts. Numbers are sent as text; what is not bytes yet goes
 * through `Buffer.from()`.
 */
export type SendableData =
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
export interface SendOptions {
  /**
   * Whether it is binary: RFC 6455, section 5.6. By default, if it is neither a
   * string nor a number.
   */
  binary?: boolean | undefined;
  /**
   * Whether to compress it: RFC 7692, section 6. By default, if compression is
   * negotiated; see `threshold`, too.
   */
  compress?: boolean | undefined;
  /**
   * Whether it is the last fragment of its message: RFC 6455, section 5.4.
   *
   * @defaultValue `true`
   */
  fin?: boolean | undefined;
  /**
   * Whether to mask it: RFC 6455, section 5.3. By default, if this is a client,
   * which has to.
   */
  mask?: boolean | undefined;
}
