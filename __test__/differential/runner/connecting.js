'use strict';

const { stopServer } = require('../../support/connections');
const { createDuplexPair } = require('../../support/duplex-pair');
const {
  RawPeer,
  connectRawClient,
  listenRaw,
  readHandshake,
} = require('../../support/raw-peer');
const { eventOf, within } = require('../../support/waiting');
const { deliver } = require('./settling');
const { traceRaw } = require('./raw-lane');

module.exports = { server, client, connectRaw, connectPeer, connectDuplex };

/**
 * Starts a server of the implementation under test on a free port.
 *
 * @param {ScenarioContext} t
 * @param {object} [options] of the server
 * @param {typeof import('ws')} [Implementation]
 * @returns {Promise<{ wss: WebSocketServer, port: number, url: string }>}
 */
async function server(t, options = {}, Implementation = t.ws) {
  const wss = new Implementation.WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    ...options,
  });
  t.after(() => {
    // Looked at as late as this: a server that is looked at is another.
    const httpServer = wss._server;
    const stopped = stopServer(wss);
    destroySocketsOf(httpServer);
    return stopped;
  });
  await eventOf(wss, 'listening');
  const { port } = wss.address();
  t.hidePort(port);
  return { wss, port, url: `ws://127.0.0.1:${port}` };
}

/**
 * Makes a client of the implementation under test. It is not watched.
 *
 * @param {ScenarioContext} t
 * @param {...any} args of the constructor
 * @returns {WebSocket}
 */
function client(t, ...args) {
  return endingWith(t, new t.ws.WebSocket(...args));
}

/**
 * Connects the implementation under test, in the role of the scenario, with a raw
 * peer, whose frames go to the lane `raw`.
 *
 * @param {ScenarioContext} t
 * @param {object} [options]
 * @param {object} [options.subject] options for the implementation under test
 * @param {string | string[]} [options.protocols] what a client under test asks for
 * @param {string[]} [options.headers] more header lines of the raw peer
 * @param {Buffer} [options.firstBytes] of the raw peer, in one write with its half of the handshake
 * @param {boolean} [options.allowHalfOpen] the raw peer does not end when the subject does
 * @param {(subject: WebSocket) => void} [options.prepare] called before anything can have happened
 * @param {false | object} [options.watch] options of `watch()` for the subject; false for not at all
 * @param {boolean} [options.noteMasks] notes masking keys
 * @param {boolean} [options.exactEnd] notes how the connection of the raw peer ended
 * @returns {Promise<{ subject: WebSocket, raw: RawPeer, deliver: (...chunks: Buffer[]) => Promise<void> }>}
 */
async function connectRaw(t, options = {}) {
  const { headers, firstBytes, allowHalfOpen } = options;
  let subject, raw;

  if (t.role === 'client') {
    const listener = await listenRaw(t, { headers, firstBytes, allowHalfOpen });
    t.hidePort(listener.port);
    subject = client(t, listener.url, options.protocols, options.subject);
    introduce(t, subject, options);
    const opened = eventOf(subject, 'open');
    [raw] = await Promise.all([
      listener.accept().then((peer) => traceRaw(t, peer, options)),
      opened,
    ]);
  } else {
    const { wss, port } = await server(t, options.subject);
    const accepted = new Promise((resolve) => {
      wss.on('connection', (websocket) => {
        t.note('connection');
        introduce(t, websocket, options);
        resolve(websocket);
      });
    });
    raw = await connectRawClient(t, port, {
      headers,
      firstBytes,
      allowHalfOpen,
    });
    traceRaw(t, raw, options);
    subject = await within(accepted, `no connection: ${raw.handshake}`);
  }

  // A peer on another thread may be answered before the immediate of `open`.
  if (options.watch?.markers?.includes('immediate')) {
    await new Promise(setImmediate);
  }

  return joined(t, subject, raw);
}

/**
 * Connects the implementation under test, in the role of the scenario, with `ws`, which is
 * watched in the lane `peer`.
 *
 * @param {ScenarioContext} t
 * @param {object} [options]
 * @param {object} [options.subject] options for the implementation under test
 * @param {object} [options.peer] options for the other end
 * @param {string | string[]} [options.protocols] what the client asks for
 * @param {(subject: WebSocket) => void} [options.prepare]
 * @param {(peer: WebSocket) => void} [options.preparePeer]
 * @param {false | object} [options.watch]
 * @returns {Promise<{ subject: WebSocket, peer: WebSocket, wss: WebSocketServer }>}
 */
async function connectPeer(t, options = {}) {
  const isClient = t.role === 'client';
  const prepare = {
    subject: (websocket) => introduce(t, websocket, options),
    peer: (websocket) => {
      t.lane('peer').watch(websocket, 'peer');
      options.preparePeer?.(websocket);
    },
  };
  const [serverEnd, clientEnd] = isClient
    ? ['peer', 'subject']
    : ['subject', 'peer'];
  const [Server, Client] = isClient ? [t.Peer, t.ws] : [t.ws, t.Peer];

  const { wss, url } = await server(t, options[serverEnd], Server);
  const accepted = new Promise((resolve) => {
    wss.on('connection', (websocket) => {
      if (!isClient) t.note('connection');
      prepare[serverEnd](websocket);
      resolve(websocket);
    });
  });
  const connected = endingWith(
    t,
    new Client.WebSocket(url, options.protocols, options[clientEnd]),
  );
  prepare[clientEnd](connected);
  const [incoming] = await Promise.all([accepted, eventOf(connected, 'open')]);

  const [subject, peer] = isClient
    ? [connected, incoming]
    : [incoming, connected];
  t.connections.push({ subject, peer });
  return { subject, peer, wss };
}

/**
 * As `connectRaw()`, but over two plain streams in memory: there is no socket.
 *
 * @param {ScenarioContext} t
 * @param {object} [options] as for `connectRaw()`; `headers` is an object, for a server only
 * @returns {Promise<{ subject: WebSocket, raw: RawPeer, stream: Duplex }>}
 */
async function connectDuplex(t, options = {}) {
  const [stream, other] = createDuplexPair({ joinsWrites: true });
  t.after(() => stream.destroy());
  const noHead = Buffer.alloc(0);

  if (t.role === 'client') {
    const subject = new t.ws.WebSocket(null, undefined, {
      autoPong: true,
      closeTimeout: 30_000,
      ...options.subject,
    });
    subject._isServer = false;
    const raw = new RawPeer(other, { masks: false, head: noHead });
    traceRaw(t, raw, options);
    introduce(t, subject, options);
    subject.setSocket(stream, options.firstBytes ?? noHead, {
      allowSynchronousEvents: true,
      maxPayload: 0,
      ...options.subject,
    });
    // As with a socket: the caller goes on in a turn of its own.
    await t.turn();
    return { ...joined(t, subject, raw), stream };
  }

  const wss = new t.ws.WebSocketServer({ noServer: true, ...options.subject });
  const request = {
    method: 'GET',
    url: '/',
    socket: stream,
    headers: {
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-key': 'AAECAwQFBgcICQoLDA0ODw==',
      'sec-websocket-version': '13',
      ...options.headers,
    },
  };
  const accepted = new Promise((resolve) => {
    const head = options.firstBytes ?? noHead;
    wss.handleUpgrade(request, stream, head, (websocket) => {
      t.note('upgraded');
      introduce(t, websocket, options);
      resolve(websocket);
    });
  });
  const { handshake, head } = await readHandshake(other);
  const raw = new RawPeer(other, { masks: true, head, handshake });
  traceRaw(t, raw, options);
  return { ...joined(t, await accepted, raw), stream };
}

/** Watches a WebSocket from its first moment on. */
function introduce(t, websocket, { watch = {}, prepare }) {
  if (watch) t.watch(websocket, 'subject', watch);
  prepare?.(websocket);
}

/** Some have no WebSocket that would end them. */
function destroySocketsOf(httpServer) {
  if (!httpServer) return;
  for (const handle of process._getActiveHandles()) {
    if (handle.server === httpServer) handle.destroy();
  }
}

function joined(t, subject, raw) {
  const connection = { subject, raw };
  t.connections.push(connection);
  return {
    subject,
    raw,
    deliver: (...chunks) => deliver(t, connection, chunks),
  };
}

/** A WebSocket that goes with the scenario, whatever has become of it. */
function endingWith(t, websocket) {
  t.after(() => {
    websocket.on('error', () => {});
    websocket.terminate();
  });
  return websocket;
}
