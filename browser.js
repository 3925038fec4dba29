'use strict';

/**
 * What a bundler for browsers gets instead of the native addon. Importing it is harmless; using it says what to do.
 */
module.exports = function () {
  throw new Error(
    'hawser does not work in the browser. Use the WebSocket that the browser has: `new globalThis.WebSocket(url)`.',
  );
};
