'use strict';

const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { answerRequests } = require('../runner/http-exchange');

/** Of a client, public or not, as far as programs are known to look at them. */
const CLIENT_PROPERTIES = [
  'readyState',
  'url',
  'protocol',
  'extensions',
  'bufferedAmount',
  'binaryType',
  'isPaused',
  '_redirects',
  '_originalIpc',
  '_originalSecure',
  '_originalHostOrSocketPath',
  '_req',
  '_socket',
  '_sender',
  '_receiver',
  '_errorEmitted',
  '_closeCode',
  '_closeTimeout',
  '_autoPong',
  '_maxPendingAutoPongs',
];

const CLIENT_EVENTS = [
  'upgrade',
  'open',
  'message',
  'ping',
  'pong',
  'error',
  'close',
];

const TLS_FOLDER = path.join(__dirname, '../../support/tls');

module.exports = {
  CLIENT_EVENTS,
  CLIENT_PROPERTIES,
  answer,
  certificate,
  dial,
  redirectTo,
  socketFile,
  switching,
  tlsServer,
  unixServer,
};

/**
 * Makes a client of the implementation under test with these arguments, notes what
 * the constructor returned or threw, and watches the client from its first moment.
 *
 * @param {ScenarioContext} t
 * @param {any[]} args of the constructor
 * @param {object} [options]
 * @param {string[]} [options.events] by default `CLIENT_EVENTS`
 * @param {string[]} [options.also] more events: listening for them changes what happens
 * @param {string[]} [options.markers] as for `t.watch()`
 * @param {string[]} [options.properties] by default `CLIENT_PROPERTIES`
 * @param {(client: WebSocket) => void} [options.prepare] called before anything can have happened
 * @returns {WebSocket | undefined}
 */
function dial(t, args, options = {}) {
  const { events = CLIENT_EVENTS, also = [], markers, prepare } = options;
  const { properties = CLIENT_PROPERTIES } = options;
  const client = t.call('new', () => t.client(...args));
  if (client === undefined) return undefined;

  t.properties(client, properties);
  t.watch(client, 'subject', {
    events: [...events, ...also],
    properties,
    markers,
  });
  prepare?.(client);
  return client;
}

/**
 * @param {string} accept the right `Sec-WebSocket-Accept`
 * @param {string[]} [lines] more lines
 * @returns {string} a response that completes the handshake
 */
function switching(accept, lines = []) {
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    ...lines,
    '\r\n',
  ].join('\r\n');
}

/**
 * @param {string} location
 * @param {number} [code]
 * @param {string[]} [lines] more lines
 * @returns {string} a response that leads elsewhere
 */
function redirectTo(location, code = 302, lines = []) {
  return [
    `HTTP/1.1 ${code} Moved`,
    ...(location === undefined ? [] : [`Location: ${location}`]),
    'Content-Length: 0',
    ...lines,
    '\r\n',
  ].join('\r\n');
}

/**
 * Answers each request to a server as `t.rawServer()` does, for servers of another kind.
 *
 * @param {ScenarioContext} t
 * @param {net.Server} server not yet listening
 * @param {object | string} address for `listen()`
 * @param {(request: object) => string | Buffer | void} respond
 * @returns {Promise<void>}
 */
async function answer(t, server, address, respond) {
  const isSecure = server instanceof tls.Server;
  answerRequests(
    t,
    server,
    isSecure ? 'secureConnection' : 'connection',
    respond,
  );
  server.on('tlsClientError', () => {});
  await new Promise((resolve) => server.listen(address, resolve));
}

/** @returns {string} where a Unix socket can be; the same name in both plays of a scenario */
function socketFile(t, name = 'a') {
  const file = path.join(os.tmpdir(), `hawser-${process.pid}-${name}.sock`);
  fs.rmSync(file, { force: true });
  t.after(() => fs.rmSync(file, { force: true }));
  return file;
}

/**
 * @param {ScenarioContext} t
 * @param {(request: object) => string | Buffer | void} respond
 * @param {string} [name] tells several apart
 * @returns {Promise<string>} the path of its socket
 */
async function unixServer(t, respond, name) {
  const file = socketFile(t, name);
  await answer(t, net.createServer(), file, respond);
  return file;
}

/**
 * @param {ScenarioContext} t
 * @param {(request: object) => string | Buffer | void} respond
 * @param {object} [options] of `tls.createServer()`
 * @returns {Promise<{ port: number, url: string, server: tls.Server }>}
 */
async function tlsServer(t, respond, options) {
  const server = tls.createServer({ ...certificate(), ...options });
  await answer(t, server, { port: 0, host: '127.0.0.1' }, respond);
  const { port } = server.address();
  t.hidePort(port);
  return { port, url: `wss://127.0.0.1:${port}`, server };
}

/** @returns {{ key: Buffer, cert: Buffer }} for `localhost` and 127.0.0.1 */
function certificate() {
  return {
    key: fs.readFileSync(path.join(TLS_FOLDER, 'test-only-key.pem')),
    cert: fs.readFileSync(path.join(TLS_FOLDER, 'test-only-cert.pem')),
  };
}
