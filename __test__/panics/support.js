'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { Peer, connect, startServer } = require('../support/connections');
const Subject = require('../support/subject');
const { closeOf, eventOf } = require('../support/waiting');

/** The addon that panics when it is asked to, which `lib/` has loaded, too. */
const ADDON = process.env.NAPI_RS_NATIVE_LIBRARY_PATH;

assert.ok(ADDON, 'These tests need another build: npm run test:panics');

const native = require(ADDON);

const driver = driverOf(process.env);

/** The drivers whose sockets are the engine's own. */
const TAKEN_OVER = ['event_loop', 'io_threads', 'restless'];

/** Those that have threads. */
const ON_THREADS = ['io_threads', 'restless'];

module.exports = {
  ADDON,
  ON_THREADS,
  TAKEN_OVER,
  bystander,
  driver,
  endOfNext,
  isForced,
  isStalling,
  native,
  panicNextAt,
  stallNext,
  testOn,
};

/**
 * @param {string} place where the engine is to panic when it next passes there;
 *     `src/forced_panics.rs` has the list
 */
function panicNextAt(place) {
  native.forcePanic(place);
}

/**
 * @returns {boolean} whether a panic is still to come
 */
function isForced() {
  return native.forcePanic('') === 1;
}

/**
 * @param {number} milliseconds for which the I/O thread that goes round next is to do nothing
 */
function stallNext(milliseconds) {
  native.forceStall(milliseconds);
}

/**
 * @returns {boolean} whether a thread stalls now
 */
function isStalling() {
  return native.forceStall(0) === 2;
}

/**
 * Another connection, which is to be none the worse.
 *
 * @param {import('node:test').TestContext} t
 * @param {'server' | 'client'} role
 */
async function bystander(t, role) {
  const { subject, peer } = await connect(t, role);

  subject.on('message', (data) => subject.send(data));
  return { subject, peer, echoes };

  async function echoes() {
    const answer = eventOf(peer, 'message');

    peer.send('still there?');
    assert.equal(String((await answer)[0]), 'still there?');
  }
}

/**
 * Waits for the end of the next connection, which the engine loses as it opens.
 *
 * @param {import('node:test').TestContext} t
 * @returns {Promise<[Error]>} the error that its program gets
 */
async function endOfNext(t) {
  const { wss, url } = await startServer(t, Subject.WebSocket);
  const ended = new Promise((resolve) => {
    wss.once('connection', (subject) => {
      resolve(Promise.all([eventOf(subject, 'error'), closeOf(subject)]));
    });
  });
  const client = new Peer(url);

  client.on('error', () => {});
  t.after(() => client.terminate());

  const [[[error]]] = await Promise.all([ended, closeOf(client)]);

  return [error];
}

/**
 * Declares a test of a place that only some drivers pass.
 *
 * @param {string[]} drivers
 * @param {string} title
 * @param {(t: import('node:test').TestContext) => Promise<void>} body
 */
function testOn(drivers, title, body) {
  if (drivers.includes(driver)) test(title, body);
}

function driverOf({ HAWSER_TAKEOVER, HAWSER_RESTLESS, HAWSER_IO_THREADS }) {
  if (HAWSER_TAKEOVER === '0') return 'stream';
  if (HAWSER_RESTLESS === '1') return 'restless';
  return HAWSER_IO_THREADS === '2' ? 'io_threads' : 'event_loop';
}
