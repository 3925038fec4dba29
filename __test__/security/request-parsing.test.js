'use strict';

// A port of its own has its requests read by the engine, if they are usual ones: then they are read
// as Node reads them. Whatever Node refuses is refused, and what is let in is the same request.

const assert = require('node:assert/strict');
const net = require('node:net');
const { test } = require('node:test');
const { Peer, startServer } = require('../support/connections');
const { SeededRandom } = require('../support/random');
const subject = require('../support/subject');
const { upgradeRequest } = require('../support/upgrade-request');
const { eventOf } = require('../support/waiting');

const LIMIT = process.env.HAWSER_REQUESTS ?? 400;

/** Requests that one parser might read otherwise than another. */
const REQUESTS = {
  'a bare LF': join('\n'),
  'a bare CR': join('\r'),
  'one bare LF': one('Upgrade: websocket\r\n', 'Upgrade: websocket\n'),
  'LF CR': one('Upgrade: websocket\r\n', 'Upgrade: websocket\n\r'),
  'CR CR LF': one('Upgrade: websocket\r\n', 'Upgrade: websocket\r\r\n'),
  'an end of LF LF': one('\r\n\r\n', '\n\n'),
  'an end of CR LF LF': one('\r\n\r\n', '\r\n\n'),
  'NUL in a value': headers('X: a\0b'),
  'NUL in a name': headers('X\0: a'),
  'NUL in the target': line('GET /\0 HTTP/1.1'),
  'DEL in a value': headers('X: a\x7fb'),
  'a folded value': headers('X: a', ' b'),
  'a folded value that counts': one(
    'Upgrade: websocket',
    'Upgrade:\r\n websocket',
  ),
  'a line of spaces': headers('   '),
  'a space before a name': headers(' X: a'),
  'a tab before a name': headers('\tX: a'),
  'a space behind a name': headers('X : a'),
  'a tab behind a name': headers('X\t: a'),
  'no colon': headers('X'),
  'no name': headers(': a'),
  'a quoted name': headers('"X": a'),
  'a tab in a value': headers('X:\ta\tb\t'),
  'obsolete text': headers('X: \xe9\xff'),
  'a name of other letters': headers('\xc3\xa9: a'),
  'a body, by its length': headers('Content-Length: 5'),
  'no body, by its length': headers('Content-Length: 0'),
  'two lengths': headers('Content-Length: 0', 'Content-Length: 5'),
  'a length that is none': headers('Content-Length: x'),
  'a body in chunks': headers('Transfer-Encoding: chunked'),
  'chunks and a length': headers(
    'Transfer-Encoding: chunked',
    'Content-Length: 3',
  ),
  'an unknown coding': headers('Transfer-Encoding: xchunked'),
  'a space in a coding': headers('Transfer-Encoding : chunked'),
  'an underscore': headers('Content_Length: 5'),
  'an expectation': headers('Expect: 100-continue'),
  'another expectation': headers('Expect: x'),
  trailers: headers('Trailer: X'),
  'HTTP/2': headers('HTTP2-Settings: AAMAAABkAAQAAP__'),
  'a proxy': headers('Proxy-Connection: keep-alive'),
  'two hosts': headers('Host: other'),
  'no host': upgradeRequest({ Host: null }),
  'an empty host': upgradeRequest({ Host: '' }),
  'a host with a path': upgradeRequest({ Host: 'a/b' }),
  'two keys': headers('Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw=='),
  'two versions': headers('Sec-WebSocket-Version: 8'),
  'two upgrades': headers('Upgrade: h2c'),
  'two connections': headers('Connection: close'),
  'two protocols': headers(
    'Sec-WebSocket-Protocol: a',
    'Sec-WebSocket-Protocol: b',
  ),
  'an empty protocol': headers('Sec-WebSocket-Protocol:'),
  'an empty extension': headers('Sec-WebSocket-Extensions:'),
  'names in other cases': upgradeRequest().map((it) =>
    it.replace(/^[A-Z].*?:/, (name) => name.toUpperCase()),
  ),
  'no spaces': upgradeRequest().map((it) => it.replace(/: /, ':')),
  'many spaces': upgradeRequest().map((it) =>
    it.replace(/: (.*)/, ':    $1    '),
  ),
  'a close': upgradeRequest({ Connection: 'Upgrade, close' }),
  'no upgrade': upgradeRequest({ Connection: 'keep-alive' }),
  'an empty option': upgradeRequest({ Connection: 'Upgrade,,keep-alive' }),
  'an option within another': upgradeRequest({ Connection: 'notUpgrade' }),
  'HTTP/1.0': line('GET / HTTP/1.0'),
  'HTTP/1.2': line('GET / HTTP/1.2'),
  'HTTP/2.0': line('GET / HTTP/2.0'),
  'HTTP/01.1': line('GET / HTTP/01.1'),
  'http/1.1': line('GET / http/1.1'),
  'no version': line('GET /'),
  'two spaces': line('GET  / HTTP/1.1'),
  'a space in the target': line('GET /a b HTTP/1.1'),
  'a space at the end': line('GET / HTTP/1.1 '),
  'a tab': line('GET\t/ HTTP/1.1'),
  'a small method': line('get / HTTP/1.1'),
  'another method': line('POST / HTTP/1.1'),
  HEAD: line('HEAD / HTTP/1.1'),
  CONNECT: line('CONNECT 127.0.0.1:80 HTTP/1.1'),
  'an absolute target': line('GET http://example.com/x HTTP/1.1'),
  'a star': line('GET * HTTP/1.1'),
  'a target without a slash': line('GET x HTTP/1.1'),
  'an empty target': line('GET  HTTP/1.1'),
  'a fragment': line('GET /#a HTTP/1.1'),
  'quotes in the target': line('GET /"<>\\^`{|} HTTP/1.1'),
  'other letters in the target': line('GET /\xe9 HTTP/1.1'),
  'percents in the target': line('GET /%0d%0a%00%zz HTTP/1.1'),
  dots: line('GET /../../x HTTP/1.1'),
  'two slashes': line('GET //example.com/x?y=/../z HTTP/1.1'),
  'a question': line("GET /?a=b&c[]=d;e=f'(g)!*$,@: HTTP/1.1"),
  'empty lines before': `\r\n\r\n${upgradeRequest().join('\r\n')}\r\n\r\n`,
  'a second request behind': `${upgradeRequest().join('\r\n')}\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n`,
  'a request before': `GET /first HTTP/1.1\r\nHost: x\r\n\r\n${upgradeRequest().join('\r\n')}\r\n\r\n`,
  TLS: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'a long header': headers(`X: ${'a'.repeat(8000)}`),
  'a long target': line(`GET /${'a'.repeat(8000)} HTTP/1.1`),
  'a header of prototypes': headers(
    '__proto__: a',
    'constructor: b',
    'toString: c',
  ),
};

for (const [what, request] of Object.entries(REQUESTS)) {
  test(`a request with ${what} is read as Node reads it`, async (t) => {
    const servers = await startServers(t);
    for (const options of ['plain', 'compressing']) {
      await compare(t, servers[options], request, what);
    }
  });
}

test('a request that comes byte by byte is read as Node reads it', async (t) => {
  const servers = await startServers(t);
  for (const name of ['no spaces', 'a body, by its length', 'a bare LF']) {
    const request = asText(REQUESTS[name]);
    const [ours, theirs] = await Promise.all(
      servers.plain.map((server) => slowly(t, server, request)),
    );
    assert.deepEqual(ours, theirs, name);
  }
});

test('requests with bytes changed, left out or doubled are read as Node reads them', async (t) => {
  const servers = await startServers(t);
  const seed = Number(process.env.HAWSER_SEED ?? 1);
  const random = new SeededRandom(seed);
  const bases = [
    upgradeRequest(),
    headers(
      'Sec-WebSocket-Protocol: a, b',
      'Origin: http://x',
      'Cookie: a=b; c',
    ),
    headers(
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
    ),
  ].map(asText);

  for (let i = 0; i < LIMIT; i += 8) {
    await Promise.all(
      Array.from({ length: 8 }, () => {
        const base = bases[random.between(0, bases.length - 1)];
        const request = mutate(random, base);
        const options = random.chance(0.5) ? 'plain' : 'compressing';
        return compare(t, servers[options], request, `seed ${seed}`);
      }),
    );
  }
});

/**
 * Servers of the implementation under test, each with one of `ws` beside it.
 */
async function startServers(t) {
  const servers = {};
  for (const [name, options] of [
    ['plain', {}],
    ['compressing', { perMessageDeflate: true }],
  ]) {
    servers[name] = [
      await startServer(t, subject, options),
      await startServer(t, Peer, options),
    ];
    for (const server of servers[name]) {
      server.letIn = new Map();
      server.wss.on('connection', (ws, request) => {
        ws.on('error', () => {});
        const { headers, method, rawHeaders, url } = request;
        server.letIn.set(request.socket.remotePort, {
          headers,
          method,
          protocol: ws.protocol,
          rawHeaders,
          url,
        });
      });
    }
  }
  return servers;
}

/** Sends the same to both, and compares the answers and what was made of the request. */
async function compare(t, servers, request, what) {
  const text = asText(request);
  const [ours, theirs] = await Promise.all(
    servers.map((server) => outcome(t, server, text)),
  );
  assert.deepEqual(ours, theirs, `${what}: ${JSON.stringify(text)}`);
}

/** What a server answers to a request with nothing behind it, and whom it lets in. */
async function outcome(t, server, text) {
  return send(t, server, (socket) => socket.end(text, 'latin1'));
}

/** The same byte by byte. */
function slowly(t, server, text) {
  return send(t, server, async (socket) => {
    socket.setNoDelay(true);
    for (const byte of text) {
      if (socket.destroyed) return;
      socket.write(byte, 'latin1');
      await new Promise(setImmediate);
    }
    socket.end();
  });
}

async function send(t, { letIn, port }, write) {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  t.after(() => socket.destroy());
  let answer = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => (answer += chunk));
  socket.on('end', () => socket.destroy());
  socket.on('error', () => {});
  const closed = eventOf(socket, 'close');
  await eventOf(socket, 'connect');
  const { localPort } = socket;

  await write(socket);
  await closed;

  const request = letIn.get(localPort);
  letIn.delete(localPort);
  return { answer: answer.replace(/^Date: .*$/gm, 'Date'), request };
}

function mutate(random, text) {
  const alphabet = '\r\n\0\t :;,/="?#%\\\x7f\x80\xe9aA0';
  const bytes = [...text];
  for (let i = random.between(1, 2); i > 0; i--) {
    const at = random.between(0, bytes.length - 1);
    const other = alphabet[random.between(0, alphabet.length - 1)];
    switch (random.between(0, 4)) {
      case 0:
        bytes[at] = other;
        break;
      case 1:
        bytes.splice(at, 0, other);
        break;
      case 2:
        bytes.splice(at, 1);
        break;
      case 3:
        bytes.splice(at, 0, ...bytes.slice(at, at + random.between(1, 30)));
        break;
      default:
        bytes[at] = bytes[at].toUpperCase();
    }
  }
  return bytes.join('');
}

function asText(request) {
  return Array.isArray(request) ? `${request.join('\r\n')}\r\n\r\n` : request;
}

function join(end) {
  return [...upgradeRequest(), '', ''].join(end);
}

function one(from, to) {
  return asText(upgradeRequest()).replace(from, to);
}

function headers(...lines) {
  return [...upgradeRequest(), ...lines];
}

function line(requestLine) {
  return upgradeRequest({}, requestLine);
}
