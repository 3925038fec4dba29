/** How hawser moves the bytes of the connections of this thread. */
export interface EngineOptions {
  /**
   * How many threads read and write the sockets, 0 to 64: 0 for none but
   * JavaScript's own, `'auto'` to have connections move as load asks. The environment variable
   * `HAWSER_IO_THREADS` says the same.
   *
   * @defaultValue `'auto'`
   */
  ioThreads?: number | 'auto' | undefined;
  /**
   * Whether plain sockets are taken over from Node; with `false` every byte goes
   * through Node's streams, which helps to find faults. The environment variable
   * `HAWSER_TAKEOVER` says the same, with 0 or 1.
   *
   * @defaultValue `true`
   */
  takeover?: boolean | undefined;
  /**
   * Whether the opening handshake of a server with a port of its own may be done
   * without Node's HTTP server, where nothing asks for that; `false` helps to
   * find faults. The environment variable `HAWSER_NATIVE_HANDSHAKE` says the
   * same, with 0 or 1.
   *
   * @defaultValue `true`
   */
  nativeHandshake?: boolean | undefined;
  /**
   * The most bytes, inflated, of messages that have arrived in part, in all
   * threads of the process together; 0 for no limit. The connection whose bytes
   * would pass it is closed with the code 1013, and its `error` has the code
   * `WS_ERR_INBOUND_LIMIT`. The environment variable `HAWSER_MAX_INBOUND_BYTES`
   * says the same.
   *
   * @defaultValue `0`
   */
  maxInboundBytes?: number | undefined;
  /**
   * The most bytes that may wait for peers that do not read, in all threads of
   * the process together; 0 for no limit. The connection whose bytes would pass
   * it is terminated, and its `error` has the code `WS_ERR_OUTBOUND_LIMIT`. The
   * environment variable `HAWSER_MAX_OUTBOUND_BYTES` says the same.
   *
   * @defaultValue `0`
   */
  maxOutboundBytes?: number | undefined;
  /**
   * The most compression contexts, of which a connection with permessage-deflate
   * may come to need two, in all threads of the process together; 0 for no
   * limit. Connections that would pass it are opened without compression. The
   * environment variable `HAWSER_MAX_DEFLATE_CONTEXTS` says the same.
   *
   * @defaultValue `0`
   */
  maxDeflateContexts?: number | undefined;
}

/** What all connections of the process take, in all its threads. */
export interface MemoryUsage {
  /** Bytes, inflated, of messages that have arrived in part. */
  inboundBytes: number;
  /**
   * Bytes that wait for peers that do not read. Those of TLS and other streams
   * count if `maxOutboundBytes` was set when the connection was opened.
   */
  outboundBytes: number;
  /** Compression contexts that connections have, or may come to need. */
  deflateContexts: number;
}

/**
 * How much memory depends on the peers: what `maxInboundBytes`,
 * `maxOutboundBytes` and `maxDeflateContexts` limit.
 */
export function memoryUsage(): MemoryUsage;

/**
 * Sets the engine up, for the connections that are opened afterwards in this
 * thread (the main one or a worker). Limits hold for the whole process, from now
 * on.
 *
 * @param options - what to change; what is left out stays as it is
 * @throws TypeError with the code `ERR_INVALID_ARG_VALUE` if a value is none of
 *   those above
 */
export function configure(options: EngineOptions): void;
