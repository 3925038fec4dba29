'use strict';

const net = require('node:net');
const { RawPeer, acceptKeyFor } = require('../../support/raw-peer');
const { buildFrame } = require('../../support/frames');
const { WebSocket } = require('../../support/subject');
const { eventOf, within } = require('../../support/waiting');
const { close } = require('../vocabulary');
const { readHead, writeIn } = require('./heads');
const { ended, watchApi, watchWire } = require('./watching');

module.exports = { playResponse };

const SIXTEEN_BYTES = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/**
 * Plays a row of the client's opening handshake.
 *
 * A row has
 * - `path`, `protocols` and `options`: of the client
 * - `statusLine` and `changes`: what is different from a response in order;
 *   `ACCEPT` in a value stands for the right key, null leaves a header out, and
 *   an array makes several lines
 * - `behind`: frames in the same write as the response
 * - `bytewise`: each byte of the response is written by itself
 * - `look`: which headers of the request are seen, or `'request line'`
 *
 * @param {RowContext} t
 * @param {object} row
 * @returns {Promise<{ api: string[], wire: string[] }>}
 */
async function playResponse(t, row) {
  const { behind = [], look = [], options, path = '/', protocols } = row;
  const { accepted, port } = await listen(t);
  const subject = new WebSocket(
    `ws://127.0.0.1:${port}${path}`,
    protocols,
    options,
  );
  t.after(() => subject.terminate());
  const api = watchApi(subject);
  const opened = new Promise((resolve) => {
    subject.once('open', () => {
      api.unshift(describeOpen(subject));
      resolve(true);
    });
    subject.once('close', () => resolve(false));
  });

  const socket = await within(accepted, 'nobody connected');
  const { head: request, rest } = await within(readHead(socket), 'no request');
  const wire = look.map((name) => describeHeader(request, name, port));
  const raw = new RawPeer(socket, { masks: false, head: rest });
  const frames = watchWire(raw, 'client');

  const response = layOut(row, acceptKeyFor(request.text));
  const bytes = Buffer.concat([response, ...behind.map(buildFrame)]);
  await writeIn(row.bytewise ? 1 : bytes.length, bytes, socket);

  if (await within(opened, 'no outcome')) raw.send(close(1000));
  await ended(subject, raw, api);
  return { api, wire: [...wire, ...frames] };
}

async function listen(t) {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await eventOf(server, 'listening');
  const accepted = new Promise((resolve) => {
    server.on('connection', (socket) => {
      t.after(() => socket.destroy());
      resolve(socket);
    });
  });
  t.after(() => server.close());
  return { accepted, port: server.address().port };
}

function layOut({ changes, statusLine }, accept) {
  const fields = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': 'ACCEPT',
    ...changes,
  };
  const lines = Object.entries(fields).flatMap(([name, values]) =>
    [values]
      .flat()
      .filter((value) => value !== null)
      .map((value) => `${name}: ${value.replace('ACCEPT', accept)}`),
  );
  const first = statusLine ?? 'HTTP/1.1 101 Switching Protocols';
  return Buffer.from(`${[first, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
}

function describeOpen({ extensions, protocol }) {
  return ['open', protocol && `protocol ${protocol}`, extensions]
    .filter(Boolean)
    .join(', ');
}

/** What is different each time is replaced by what can be said of it. */
function describeHeader({ headers, startLine }, name, port) {
  if (name === 'request line') return startLine;
  const value = headers.get(name.toLowerCase()) ?? 'none';
  const written = SIXTEEN_BYTES.test(value)
    ? '(16 bytes in base64)'
    : value.replace(`:${port}`, ':(port)');
  return `${name}: ${written}`;
}
