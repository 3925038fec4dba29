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
   * `HAWSER_TAKEOVER=0` says the same.
   *
   * @defaultValue `true`
   */
  takeover?: boolean | undefined;
  /**
   * Whether the opening handshake of a server with a port of its own may be done
   * without Node's HTTP server, where nothing asks for that; `false` helps to
   * find faults. The environment variable `HAWSER_NATIVE_HANDSHAKE=0` says the
   * same.
   *
   * @defaultValue `true`
   */
  nativeHandshake?: boolean | undefined;
}

/**
 * Sets the engine up, for the connections that are opened afterwards in this
 * thread (the main one or a worker).
 *
 * @param options - what to change; what is left out stays as it is
 * @throws TypeError with the code `ERR_INVALID_ARG_VALUE` if a value is none of
 *   those above
 */
export function configure(options: EngineOptions): void;
