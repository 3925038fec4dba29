'use strict';

const { isControl } = require('../support/subject');

/** What makes a native connection, and where its number is. */
const OPENING = {
  openStream: (_args, result) => result,
  openSocket: (_args, result) => result,
  admit: ([id]) => id,
};

/**
 * Counts the connections of the native engine from now on, as JavaScript asks
 * for them and gives them up.
 *
 * @returns {() => number} how many there are
 */
function countConnections() {
  const open = new Set();
  if (!isControl) {
    const native = require('../../lib/native');
    for (const [name, numberOf] of Object.entries(OPENING)) {
      watch(native, name, (args, result) => {
        const id = numberOf(args, result);
        if (id >= 0) open.add(id);
      });
    }
    watch(native, 'close', ([id]) => open.delete(id));
  }
  return () => open.size;
}

function watch(native, name, tell) {
  const original = native[name];
  if (original === undefined) return;
  native[name] = function watched(...args) {
    const result = original.apply(this, args);
    tell(args, result);
    return result;
  };
}

module.exports = { countConnections };
