'use strict';

/**
 * The events of a connection of which each has to have a turn of its own: what
 * `allowSynchronousEvents: false` asks for.
 *
 * @module deferred-events
 */

const { Kind } = require('./delivery');
const native = require('./native');

module.exports = { defer, newDeferred };

/**
 * @typedef {object} Deferred
 * @property {{ kind: number, detail: number, payload: any }[]} queue
 * @property {boolean} running whether an immediate is under way
 */

/**
 * @param {any} allowSynchronousEvents
 * @returns {Deferred | null} where events wait, unless they need not
 */
function newDeferred(allowSynchronousEvents) {
  return allowSynchronousEvents ? null : { queue: [], running: false };
}

/**
 * Keeps an event for later: each `message`, `ping` and `pong` gets a turn of
 * the event loop of its own. Meanwhile nothing more is read.
 *
 * @param {import('./connection')} connection
 * @param {number} kind one of `Kind`
 * @param {number} detail what the kind says
 * @param {any} payload a Buffer, or an error
 */
function defer(connection, kind, detail, payload) {
  connection.deferred.queue.push({ kind, detail, payload });
  if (connection.deferred.running) return;

  connection.deferred.running = true;
  if (connection.isNative) native.pause(connection.id);
  continueDeferred(connection);
}

/**
 * @param {import('./connection')} connection
 */
function continueDeferred(connection) {
  const { queue } = connection.deferred;

  while (queue.length > 0) {
    if (hasOwnTurn(queue[0].kind)) {
      setImmediate(() => {
        const { kind, detail, payload } = queue.shift();

        try {
          connection.emit(kind, detail, payload);
        } finally {
          continueDeferred(connection);
        }
      });
      return;
    }

    const { kind, detail, payload } = queue.shift();

    connection.emit(kind, detail, payload);
  }

  connection.deferred.running = false;
  if (connection.isNative && !connection.paused) connection.resume();
  connection.events.idle(connection.owner);
}

/**
 * @param {number} kind one of `Kind`
 * @returns {boolean} whether the event is one that `allowSynchronousEvents`
 *     speaks of
 */
function hasOwnTurn(kind) {
  return (
    kind === Kind.TEXT ||
    kind === Kind.BINARY ||
    kind === Kind.FRAGMENTS_END ||
    kind === Kind.PING ||
    kind === Kind.PONG
  );
}
