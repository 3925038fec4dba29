'use strict';

const { test } = require('node:test');
const Peer = require('ws');
const { WebSocket: Subject } = require('./subject');
const { connectRawClient, listenRaw } = require('./raw-peer');
const { eventOf } = require('./waiting');

/**
 * Declares one test for each role that the implementation under test can have:
 * as the server of `ws`, as the client of `ws`, and on both ends.
 *
 * @param {string} title
 * @param {(t: TestContext, role: string) => Promise<void>} body
 * @param {string[]} [roles]
 */
function testInRoles(title, body, roles = ['server', 'client']) {
  for (const role of roles) test(`${title} [${role}]`, (t) => body(t, role));
}

/**
 * Starts a server on a free port, closed with the test.
 *
 * @param {TestContext} t
 * @param {typeof Peer} Implementation
 * @param {object} [options]
 * @returns {Promise<{ wss: WebSocketServer, port: number, url: string }>}
 */
async function startServer(t, Implementation, options = {}) {
  const wss = new Implementation.WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    ...options,
  });
  t.after(() => stopServer(wss));
  await eventOf(wss, 'listening');
  const { port } = wss.address();
  return { wss, port, url: `ws://127.0.0.1:${port}` };
}

/**
 * Connects the implementation under test with `ws`.
 *
 * @param {TestContext} t
 * @param {'server' | 'client' | 'both'} role of the implementation under test
 * @param {object} [options]
 * @param {object} [options.subject] options for the implementation under test
 * @param {object} [options.peer] options for the other end
 * @returns {Promise<{ subject: WebSocket, peer: WebSocket, wss: WebSocketServer, url: string }>}
 */
async function connect(t, role, options = {}) {
  const Server = role === 'client' ? Peer : Subject;
  const Client = role === 'server' ? Peer : Subject;
  const [serverOptions, clientOptions] =
    role === 'client'
      ? [options.peer, options.subject]
      : [options.subject, options.peer];

  const { wss, url } = await startServer(t, Server, serverOptions);
  const accepted = eventOf(wss, 'connection');
  const client = new Client(url, clientOptions);
  t.after(() => client.terminate());
  const [[server]] = await Promise.all([accepted, eventOf(client, 'open')]);

  const [subject, peer] =
    role === 'client' ? [client, server] : [server, client];
  return { subject, peer, wss, url };
}

/**
 * Connects the implementation under test with a raw peer.
 *
 * @param {TestContext} t
 * @param {'server' | 'client'} role of the implementation under test
 * @param {object} [options]
 * @param {object} [options.subject] options for the implementation under test
 * @param {string[]} [options.headers] header lines of the raw peer
 * @returns {Promise<{ subject: WebSocket, raw: RawPeer }>}
 */
async function connectRaw(t, role, { subject: subjectOptions, headers } = {}) {
  if (role === 'server') {
    const { wss, port } = await startServer(t, Subject, subjectOptions);
    const accepted = eventOf(wss, 'connection');
    const raw = await connectRawClient(t, port, { headers });
    const [subject] = await accepted;
    return { subject, raw };
  }
  const listener = await listenRaw(t, { headers });
  const subject = new Subject(listener.url, subjectOptions);
  t.after(() => subject.terminate());
  const [raw] = await Promise.all([
    listener.accept(),
    eventOf(subject, 'open'),
  ]);
  return { subject, raw };
}

/** Ends a server and everybody on it. */
function stopServer(wss) {
  for (const client of wss.clients ?? []) client.terminate();
  return new Promise((resolve) => wss.close(() => resolve()));
}

module.exports = {
  Peer,
  testInRoles,
  startServer,
  stopServer,
  connect,
  connectRaw,
};
