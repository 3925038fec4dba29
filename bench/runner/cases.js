'use strict';

const KB = 1024;
const MB = 1024 * KB;

/**
 * One row of the table: what the load generator does.
 *
 * @typedef {object} Case
 * @property {string} name as the table has it; `--only` looks for words in it
 * @property {string} group the heading of its part of the table
 * @property {'echo' | 'connect' | 'idle' | 'fan-out' | 'upload' | 'download' | 'client'} mode
 * @property {number} connections
 * @property {number} [inFlight]
 * @property {number} [size] of a message, in bytes
 * @property {'binary' | 'ascii' | 'text' | 'json'} [payload]
 * @property {'off' | 'takeover' | 'no-takeover'} [deflate]
 * @property {number} [answerEvery] upload: messages between the answers
 * @property {number} [batch] download: messages for one request
 * @property {boolean} [used] idle: after an echo on each connection
 * @property {string[]} [curves] the scaling curves that it is a point of
 * @property {boolean} [onlyCurve] it is not a row of the table, and has fewer rounds and contestants
 * @property {boolean} [quick] part of `--quick`
 */

/** @type {Case[]} */
const CASES = [
  echo(1, 1, 16, { quick: true }),
  echo(64, 1, 125, { quick: true, curves: ['size', 'connections'] }),
  echo(64, 1, KB, { curves: ['size'] }),
  echo(64, 1, KB, { payload: 'ascii' }),
  echo(64, 1, KB, { payload: 'text' }),
  echo(64, 1, 16 * KB, { quick: true, curves: ['size'] }),
  echo(64, 1, 64 * KB, { curves: ['size'] }),
  echo(8, 1, MB),
  echo(64, 16, 125, { quick: true }),
  echo(64, 16, KB),
  echo(512, 1, 125, { curves: ['connections'] }),
  {
    name: 'connect and close, 16 at a time',
    group: 'Connections',
    mode: 'connect',
    connections: 16,
    quick: true,
  },
  {
    name: 'idle connection, as opened',
    group: 'Connections',
    mode: 'idle',
    connections: 4000,
  },
  {
    name: 'idle connection, after an echo',
    group: 'Connections',
    mode: 'idle',
    connections: 4000,
    size: 125,
    used: true,
    quick: true,
  },
  fanOut(64),
  fanOut(KB, { quick: true }),
  deflate('no-takeover', KB),
  deflate('takeover', KB, { quick: true }),
  deflate('no-takeover', 16 * KB),
  upload(64 * KB, { connections: 8, inFlight: 8, answerEvery: 4 }),
  upload(MB, { connections: 4, inFlight: 4, answerEvery: 2 }),
  {
    name: `download ${bytes(64 * KB)}`,
    group: 'One direction',
    mode: 'download',
    connections: 8,
    size: 64 * KB,
    batch: 16,
  },
  client(64, 1, 125, { quick: true }),
  client(64, 16, 125),
  client(64, 1, 16 * KB),
  echo(1, 1, 125, { curves: ['connections'], onlyCurve: true }),
  echo(8, 1, 125, { curves: ['connections'], onlyCurve: true }),
  echo(2048, 1, 125, { curves: ['connections'], onlyCurve: true }),
  echo(64, 1, 16, { curves: ['size'], onlyCurve: true }),
  echo(64, 1, 4 * KB, { curves: ['size'], onlyCurve: true }),
  echo(64, 1, 256 * KB, { curves: ['size'], onlyCurve: true }),
];

module.exports = { CASES, bytes };

/**
 * @param {number} count
 * @returns {string} such as "125 B" and "16 KB"
 */
function bytes(count) {
  if (count >= MB) return `${count / MB} MB`;
  return count >= KB ? `${count / KB} KB` : `${count} B`;
}

function echo(connections, inFlight, size, more = {}) {
  const content = { ascii: ', ASCII text', text: ', non-ASCII text' };
  const suffix = content[more.payload] ?? '';

  return {
    name: `echo ${connections} × ${inFlight} × ${bytes(size)}${suffix}`,
    group: 'Echo (connections × in flight × size)',
    mode: 'echo',
    connections,
    inFlight,
    size,
    ...more,
  };
}

function fanOut(size, more = {}) {
  return {
    name: `fan-out to 1,000, ${bytes(size)}`,
    group: 'Fan-out (an operation is a delivery)',
    mode: 'fan-out',
    connections: 1000,
    size,
    ...more,
  };
}

function deflate(kind, size, more = {}) {
  const takeover = kind === 'takeover' ? 'takeover' : 'no takeover';

  return {
    name: `deflate, ${takeover}, ${bytes(size)} JSON`,
    group: 'permessage-deflate, echo 64 × 1',
    mode: 'echo',
    connections: 64,
    inFlight: 1,
    size,
    payload: 'json',
    deflate: kind,
    ...more,
  };
}

function upload(size, more) {
  return {
    name: `upload ${bytes(size)}`,
    group: 'One direction',
    mode: 'upload',
    size,
    ...more,
  };
}

function client(connections, inFlight, size, more = {}) {
  return {
    name: `client, echo ${connections} × ${inFlight} × ${bytes(size)}`,
    group: 'Clients, against a fixed server',
    mode: 'client',
    connections,
    inFlight,
    size,
    ...more,
  };
}
