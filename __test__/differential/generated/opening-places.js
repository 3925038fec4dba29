'use strict';

const http = require('node:http');
const { acceptKeyFor, RawPeer } = require('../../support/raw-peer');
const { upgradeRequest } = require('../../support/upgrade-request');
const { traceRaw } = require('../runner/raw-lane');
const { FarSocket } = require('../../support/far-sockets');

/** Turns in which what was accepted has got as far as it gets without a byte. */
const TURNS_TO_ACCEPT = 4;

/** Where connections come about, by the role of the subject. */
const PLACES = {
  server: ['own port', 'own port', 'server', 'noServer', 'noServer later'],
  client: ['client'],
};

module.exports = { PLACES, connectFar };

/**
 * Connects the subject with a raw peer on another thread, whose half of the handshake comes with bytes behind it, all in
 * one go.
 *
 * @param {ScenarioContext} t
 * @param {object} options
 * @param {string} options.place one of `PLACES`
 * @param {boolean} options.isWaiting the request is there before the subject accepts the connection
 * @param {object} options.subject options of it
 * @param {string[]} options.headers more lines of the raw peer's half of the handshake
 * @param {(raw: RawPeer) => Buffer} options.bytes what comes behind it
 * @param {'FIN' | 'RST' | null} options.end and then
 * @param {boolean} options.notesFrames whether what the raw peer receives is noted
 * @param {(subject: WebSocket) => void} options.prepare called in `connection`, or before a client connects
 * @returns {Promise<{ subject: WebSocket | null, raw: RawPeer }>} no subject, if the end came first
 */
async function connectFar(t, options) {
  const far = new FarSocket();
  t.after(() => far.forget());
  const raw = new RawPeer(far, {
    masks: t.role === 'server',
    head: Buffer.alloc(0),
  });
  far.removeAllListeners('data');
  const handshake = readingHandshake(t, far, raw, options);
  const connection = { subject: null, raw };
  t.connections.push({ isQuiet: () => far.isQuiet(progressOf(t)) });

  if (t.role === 'client') await asServer(t, far, connection, options);
  else await asClient(t, far, connection, options);
  if (connection.subject) t.connections.push(connection);
  await t.settle();
  if (options.end === null) await handshake;
  return connection;
}

async function asClient(t, far, connection, options) {
  const port = await listen(t, options, (subject) => {
    connection.subject = subject;
    t.note('connection');
    options.prepare(subject);
  });
  const request = [...upgradeRequest(), ...options.headers, '\r\n'];
  const bytes = options.bytes(connection.raw);
  far.dial(port);
  for (let turn = 0; !options.isWaiting && turn < TURNS_TO_ACCEPT; turn++) {
    await t.turn();
  }
  far.write(
    Buffer.concat([Buffer.from(request.join('\r\n')), bytes]),
    options.end,
  );
  if (options.end === null) await t.until('connection');
}

async function asServer(t, far, connection, options) {
  const listening = new Promise((resolve) => far.once('listening', resolve));
  far.listen();
  const port = await listening;
  t.hidePort(port);
  const bytes = options.bytes(connection.raw);
  const subject = t.client(`ws://127.0.0.1:${port}`, options.subject);
  connection.subject = subject;
  options.prepare(subject);
  const request = await requestOf(far);
  const response = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptKeyFor(request)}`,
    ...options.headers,
    '\r\n',
  ];
  far.write(
    Buffer.concat([Buffer.from(response.join('\r\n')), bytes]),
    options.end,
  );
  if (options.end === null) await t.until('subject open');
}

function progressOf(t) {
  return [...t.lanes.values()].reduce(
    (sum, { entries }) => sum + entries.length,
    t.settled.length,
  );
}

/** Starts whatever `place` names, and returns its port. */
async function listen(t, { place, subject: options }, welcome) {
  if (place === 'own port') {
    const { wss, port } = await t.server(options);
    wss.on('connection', welcome);
    return port;
  }

  const server = http.createServer();
  const isBeside = place === 'server';
  const wss = new t.ws.WebSocketServer({
    ...options,
    ...(isBeside ? { server } : { noServer: true }),
  });
  if (isBeside) {
    wss.on('connection', welcome);
  } else {
    const isLater = place === 'noServer later';
    server.on('upgrade', (...args) => {
      const upgrade = () => wss.handleUpgrade(...args, welcome);
      if (isLater) setImmediate(upgrade);
      else upgrade();
    });
  }
  t.after(() => {
    for (const client of wss.clients) client.terminate();
    wss.close();
    server.close();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  t.hidePort(port);
  return port;
}

function requestOf(far) {
  return new Promise((resolve) => {
    far.once('data', (bytes) => resolve(bytes.toString('latin1')));
  });
}

/** Passes on to the raw peer what is behind the other half of the handshake. */
function readingHandshake(t, far, raw, { notesFrames }) {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    far.on('data', function collect(chunk) {
      received = Buffer.concat([received, chunk]);
      const end = received.indexOf('\r\n\r\n');
      if (end === -1) return;
      far.removeListener('data', collect);
      raw.handshake = received.toString('latin1', 0, end);
      if (notesFrames) traceRaw(t, raw);
      raw.take(received.subarray(end + 4));
      far.on('data', (bytes) => raw.take(bytes));
      resolve();
    });
    far.on('close', resolve);
  });
}
