'use strict';

// What a server may answer a client: heads without an end, floods of informational responses, 101
// responses that are none, and bytes right behind them.

const assert = require('node:assert/strict');
const http = require('node:http');
const net = require('node:net');
const { test } = require('node:test');
const { OPCODE, buildFrame, closePayload } = require('../support/frames');
const { acceptKeyFor } = require('../support/raw-peer');
const { listen } = require('../support/servers');
const { WebSocket } = require('../support/subject');
const { closeOf, eventOf, within } = require('../support/waiting');

const MIB = 1024 * 1024;

/** What a server answers with the right key. */
const RIGHT = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Accept: KEY',
];

for (const [what, lines, message] of [
  ['no Upgrade header', RIGHT.filter((it) => !/^Upgrade/.test(it))],
  ['no Connection header', RIGHT.filter((it) => !/^Connection/.test(it))],
  [
    'no accept header',
    RIGHT.slice(0, 3),
    'Invalid Sec-WebSocket-Accept header',
  ],
  ['another upgrade', change(1, 'Upgrade: h2c'), 'Invalid Upgrade header'],
  [
    'two upgrades',
    change(1, 'Upgrade: websocket, h2c'),
    'Invalid Upgrade header',
  ],
  [
    'an empty key',
    change(3, 'Sec-WebSocket-Accept:'),
    'Invalid Sec-WebSocket-Accept header',
  ],
  [
    'the key in other cases',
    change(3, 'Sec-WebSocket-Accept: key'),
    'Invalid Sec-WebSocket-Accept header',
  ],
  [
    'the key twice',
    [...RIGHT, RIGHT[3]],
    'Invalid Sec-WebSocket-Accept header',
  ],
  [
    'a subprotocol',
    [...RIGHT, 'Sec-WebSocket-Protocol: x'],
    'Server sent a subprotocol but none was requested',
  ],
  [
    'an unknown extension',
    [...RIGHT, 'Sec-WebSocket-Extensions: x'],
    'Server indicated an extension that was not requested',
  ],
  [
    'permessage-deflate twice',
    [...RIGHT, 'Sec-WebSocket-Extensions: permessage-deflate, x'],
  ],
  [
    'an extension that is none',
    [...RIGHT, 'Sec-WebSocket-Extensions: ;;;'],
    'Invalid Sec-WebSocket-Extensions header',
  ],
  ['a status of 200', change(0, 'HTTP/1.1 200 OK')],
  ['a status of 426', change(0, 'HTTP/1.1 426 Upgrade Required')],
  ['a status of 999', change(0, 'HTTP/1.1 999 What')],
  ['no status', change(0, 'HTTP/1.1')],
  ['another protocol', change(0, 'SSH-2.0-OpenSSH')],
  ['a folded header', [...RIGHT, ' folded']],
  ['NUL in a header', [...RIGHT, 'X: a\0b']],
]) {
  test(`${what} in an answer ends the handshake`, async (t) => {
    const client = await connectTo(t, (socket, key) => {
      socket.end(`${lines.join('\r\n')}\r\n\r\n`.replace('KEY', key));
    });
    const closed = closeOf(client);

    const [error] = await eventOf(client, 'error');

    if (message) assert.equal(error.message, message);
    assert.ok(error instanceof Error);
    assert.equal((await closed).code, 1006);
    assert.equal(client.readyState, WebSocket.CLOSED);
  });
}

// Early versions of Node 20 let it pass, later ones do not.
test('a header without a name in an answer is read as Node reads it', async (t) => {
  const answer = (socket, key) => {
    const lines = [...RIGHT, ': x'];
    socket.end(`${lines.join('\r\n')}\r\n\r\n`.replace('KEY', key));
  };
  const request = http.get({
    host: '127.0.0.1',
    port: await answerWith(t, answer),
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    },
  });
  const byNode = await firstOf(request, 'upgrade', 'error');
  request.destroy();

  const client = await connectTo(t, answer);
  const closed = closeOf(client);
  client.on('error', () => {});

  assert.equal(await firstOf(client, 'upgrade', 'error'), byNode);
  assert.equal((await closed).code, 1006);
});

for (const [what, start, piece] of [
  ['a header without an end', 'HTTP/1.1 101 x\r\nX: ', 'x'.repeat(1000)],
  ['headers without an end', 'HTTP/1.1 101 x\r\n', 'X: y\r\n'.repeat(100)],
  ['a name without an end', 'HTTP/1.1 101 x\r\n', 'x'.repeat(1000)],
  ['a status without an end', 'HTTP/1.1 101 ', 'x'.repeat(1000)],
]) {
  test(`${what} is not read for ever`, async (t) => {
    let sent = 0;
    const client = await connectTo(t, async (socket) => {
      socket.write(start);
      while (!socket.destroyed && sent < 64 * MIB) {
        sent += piece.length;
        if (socket.write(piece)) await new Promise(setImmediate);
        else {
          await new Promise((resolve) => {
            socket.once('drain', resolve);
            socket.once('close', resolve);
          });
        }
      }
    });

    const [error] = await eventOf(client, 'error');

    assert.equal(error.code, 'HPE_HEADER_OVERFLOW');
    assert.ok(sent < 64 * MIB);
    await closedBy(client);
  });
}

test('informational responses by the thousand do no harm', async (t) => {
  const client = await connectTo(t, (socket, key) => {
    const flood = [
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n',
      'HTTP/1.1 102 Processing\r\n\r\n',
    ].join('');
    socket.write(flood.repeat(5000));
    socket.write(`${RIGHT.join('\r\n')}\r\n\r\n`.replace('KEY', key));
  });

  await eventOf(client, 'open');

  const closed = closeOf(client);
  client.terminate();
  await closed;
});

test('a body without an end behind a refusal is not kept', async (t) => {
  let sent = 0;
  const client = await connectTo(t, async (socket) => {
    socket.write(
      'HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    while (!socket.destroyed && sent < 64 * MIB) {
      sent += chunk.length;
      if (!socket.write(chunk)) {
        await new Promise((resolve) => {
          socket.once('drain', resolve);
          socket.once('close', resolve);
        });
      }
    }
  });

  const [error] = await eventOf(client, 'error');

  assert.equal(error.message, 'Unexpected server response: 403');
  await closedBy(client);
  assert.ok(sent < 64 * MIB);
});

test('frames right behind the 101 are all delivered, and once', async (t) => {
  for (const cut of [0, 1, 2, 10]) {
    const frames = Buffer.concat([
      ...Array.from({ length: 100 }, (_, i) =>
        buildFrame({ opcode: OPCODE.TEXT, payload: `${i}` }),
      ),
      buildFrame({ opcode: OPCODE.CLOSE, payload: closePayload(1000) }),
      buildFrame({ opcode: OPCODE.TEXT, payload: 'late' }),
    ]);
    const client = await connectTo(t, (socket, key) => {
      const head = `${RIGHT.join('\r\n')}\r\n\r\n`.replace('KEY', key);
      const all = Buffer.concat([Buffer.from(head), frames]);
      socket.setNoDelay(true);
      socket.write(all.subarray(0, head.length + cut));
      setImmediate(() => socket.write(all.subarray(head.length + cut)));
    });
    const messages = [];
    client.on('message', (data) => messages.push(`${data}`));

    const { code } = await closeOf(client);

    assert.equal(code, 1000);
    assert.deepEqual(messages, Array.from(Array(100).keys()).map(String));
  }
});

test('a fault right behind the 101 is one of the WebSocket', async (t) => {
  const client = await connectTo(t, (socket, key) => {
    const head = `${RIGHT.join('\r\n')}\r\n\r\n`.replace('KEY', key);
    socket.write(
      Buffer.concat([
        Buffer.from(head),
        buildFrame({ opcode: OPCODE.TEXT, payload: 'masked', mask: true }),
      ]),
    );
  });
  let isOpen = false;
  client.on('open', () => (isOpen = true));
  client.on('message', () => assert.fail('nothing is delivered'));

  const [error] = await eventOf(client, 'error');

  assert.equal(error.code, 'WS_ERR_UNEXPECTED_MASK');
  assert.ok(isOpen);
  await closedBy(client);
});

/** A client of a server that answers as it likes. */
async function connectTo(t, answer) {
  const port = await answerWith(t, answer);
  const client = new WebSocket(`ws://127.0.0.1:${port}`, {
    handshakeTimeout: 10_000,
  });
  t.after(() => client.terminate());
  return client;
}

/** A server that answers each request by hand; the port where it is. */
function answerWith(t, answer) {
  const server = net.createServer((socket) => {
    let request = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (request.endsWith('\r\n\r\n')) return;
      request += chunk;
      if (request.endsWith('\r\n\r\n')) answer(socket, acceptKeyFor(request));
    });
  });
  return listen(t, server);
}

/** Which of several events comes first. */
function firstOf(emitter, ...events) {
  const first = new Promise((resolve) => {
    for (const event of events) emitter.once(event, () => resolve(event));
  });
  return within(first, `neither ${events.join(' nor ')}`);
}

/** Waits for the end, unless it has been. */
function closedBy(client) {
  return client.readyState === WebSocket.CLOSED ? undefined : closeOf(client);
}

function change(index, line) {
  return RIGHT.map((it, i) => (i === index ? line : it));
}
