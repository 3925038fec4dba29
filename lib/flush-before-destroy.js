'use strict';

module.exports = flushBeforeDestroy;

/**
 * Lets what an output holds back go when the program destroys the socket: what
 * was sent before that is not lost.
 *
 * @param {any} socket
 * @param {import('./stream-output')} output what writes to it
 * @returns {() => void} gives the socket back the `destroy()` that it had
 */
function flushBeforeDestroy(socket, output) {
  const own = Object.getOwnPropertyDescriptor(socket, 'destroy');
  const { destroy } = socket;
  const guard = (/** @type {any[]} */ ...args) => {
    output.flush();
    return destroy.apply(socket, args);
  };

  Object.defineProperty(socket, 'destroy', {
    configurable: true,
    enumerable: false,
    writable: true,
    value: guard,
  });

  return () => {
    // The program may have put something else there.
    if (socket.destroy !== guard) return;
    if (own) Object.defineProperty(socket, 'destroy', own);
    else delete socket.destroy;
  };
}
