'use strict';

const net = require('node:net');
const { startServer } = require('../../support/connections');
const { buildFrame } = require('../../support/frames');
const { RawPeer, acceptKeyFor } = require('../../support/raw-peer');
const { upgradeRequest } = require('../../support/upgrade-request');
const { WebSocket } = require('../../support/subject');
const { within } = require('../../support/waiting');
const { close } = require('../vocabulary');
const { readHead, writeIn } = require('./heads');
const { ended, watchApi, watchWire } = require('./watching');

module.exports = { playRequest };

/**
 * Plays a row of the server's opening handshake.
 *
 * A row has
 * - `options`: of the server
 * - `changes` and `requestLine`: what is different from a request in order, as
 *   for `upgradeRequest()`
 * - `behind`: frames in the same write as the request
 * - `bytewise`: each byte of the request is written by itself
 *
 * Seen on the wire are the status code, the headers that matter, and what is
 * wrong with them.
 *
 * @param {RowContext} t
 * @param {object} row
 * @returns {Promise<{ api: string[], wire: string[] }>}
 */
async function playRequest(t, row) {
  const { behind = [], changes, requestLine } = row;
  const { wss, port } = await startServer(t, WebSocket, row.options);
  let subject, events;
  wss.on('connection', (websocket) => {
    subject = websocket;
    events = watchApi(websocket);
  });

  const lines = [...upgradeRequest(changes, requestLine), '\r\n'];
  const request = lines.join('\r\n');
  const bytes = Buffer.concat([
    Buffer.from(request, 'latin1'),
    ...behind.map((each) => buildFrame({ mask: true, ...each })),
  ]);
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  t.after(() => socket.destroy());
  const response = readHead(socket);
  await writeIn(row.bytewise ? 1 : bytes.length, bytes, socket);

  const { head, rest } = await within(response, 'no response');
  if (head === null) return { api: [], wire: ['no response'] };
  const wire = describeResponse(head, request);
  if (!subject) return { api: [], wire };

  const raw = new RawPeer(socket, { masks: true, head: rest });
  const frames = watchWire(raw, 'server');
  raw.send(close(1000));
  await ended(subject, raw, events);
  return { api: ['connection', ...events], wire: [...wire, ...frames] };
}

function describeResponse({ headers, startLine }, request) {
  const status = startLine.split(' ')[1];
  const notes = [status];
  const note = (name, label) => {
    if (headers.has(name)) notes.push(`${label} ${headers.get(name)}`);
  };
  if (status === '101') {
    const isOf = (name, value) => headers.get(name)?.toLowerCase() === value;
    if (!isOf('upgrade', 'websocket')) notes.push('WRONG Upgrade');
    if (!isOf('connection', 'upgrade')) notes.push('WRONG Connection');
    if (headers.get('sec-websocket-accept') !== acceptKeyFor(request)) {
      notes.push('WRONG Sec-WebSocket-Accept');
    }
  }
  note('sec-websocket-protocol', 'protocol');
  note('sec-websocket-extensions', 'extensions');
  note('sec-websocket-version', 'version');
  return notes;
}
