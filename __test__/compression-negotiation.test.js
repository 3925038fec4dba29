'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const {
  Peer,
  connect,
  startServer,
  testInRoles,
} = require('./support/connections');
const { connectRawClient, listenRaw } = require('./support/raw-peer');
const { WebSocket } = require('./support/subject');
const { eventOf, messagesOf } = require('./support/waiting');

const OFFERS = [
  [true, 'permessage-deflate; client_max_window_bits'],
  [{}, 'permessage-deflate; client_max_window_bits'],
  [
    { clientMaxWindowBits: 10 },
    'permessage-deflate; client_max_window_bits=10',
  ],
  [{ clientMaxWindowBits: false }, 'permessage-deflate'],
  [
    {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 11,
      clientMaxWindowBits: true,
    },
    'permessage-deflate; server_no_context_takeover; ' +
      'client_no_context_takeover; server_max_window_bits=11; ' +
      'client_max_window_bits',
  ],
];

/** Options of a server, the offer of a client, and what the server answers. */
const ANSWERS = [
  [true, 'permessage-deflate', 'permessage-deflate'],
  [true, 'permessage-deflate; client_max_window_bits', 'permessage-deflate'],
  [
    true,
    'permessage-deflate; client_max_window_bits=12; server_max_window_bits=9',
    'permessage-deflate; client_max_window_bits=12; server_max_window_bits=9',
  ],
  [
    true,
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  ],
  [
    { serverNoContextTakeover: true, clientNoContextTakeover: true },
    'permessage-deflate',
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  ],
  [
    { serverMaxWindowBits: 10 },
    'permessage-deflate',
    'permessage-deflate; server_max_window_bits=10',
  ],
  [
    { clientMaxWindowBits: 10 },
    'permessage-deflate; client_max_window_bits',
    'permessage-deflate; client_max_window_bits=10',
  ],
  [
    { serverNoContextTakeover: false },
    'permessage-deflate; server_no_context_takeover, permessage-deflate',
    'permessage-deflate',
  ],
  [
    true,
    'permessage-deflate; server_max_window_bits="12"',
    'permessage-deflate; server_max_window_bits=12',
  ],
  [true, 'x-unknown, permessage-deflate', 'permessage-deflate'],
  [true, 'x-unknown', undefined],
  [false, 'permessage-deflate', undefined],
];

const REFUSED_OFFERS = [
  [true, 'permessage-deflate; server_max_window_bits=7'],
  [true, 'permessage-deflate; server_max_window_bits=16'],
  [true, 'permessage-deflate; server_max_window_bits'],
  [true, 'permessage-deflate; client_max_window_bits=1e1x'],
  [true, 'permessage-deflate; server_no_context_takeover=10'],
  [true, 'permessage-deflate; unknown'],
  [
    true,
    'permessage-deflate; server_max_window_bits=8; server_max_window_bits=9',
  ],
  [true, 'permessage-deflate;'],
  [true, ', permessage-deflate'],
  [{ clientMaxWindowBits: 10 }, 'permessage-deflate'],
  [
    { serverMaxWindowBits: 12 },
    'permessage-deflate; server_max_window_bits=10',
  ],
  [
    { serverMaxWindowBits: false },
    'permessage-deflate; server_max_window_bits=10',
  ],
  [
    { serverNoContextTakeover: false },
    'permessage-deflate; server_no_context_takeover',
  ],
];

const INVALID = 'Invalid Sec-WebSocket-Extensions header';
const NOT_REQUESTED = 'Server indicated an extension that was not requested';

/** Options of a client, the answer of a server, and the error it causes. */
const REFUSED_ANSWERS = [
  [
    false,
    'permessage-deflate',
    'Server sent a Sec-WebSocket-Extensions header but no extension was requested',
  ],
  [true, 'x-unknown', NOT_REQUESTED],
  [true, 'permessage-deflate, x-unknown', NOT_REQUESTED],
  [true, 'permessage-deflate; client_max_window_bits', INVALID],
  [true, 'permessage-deflate; client_max_window_bits=16', INVALID],
  [true, 'permessage-deflate; unknown=1', INVALID],
  [true, 'permessage-deflate; ;', INVALID],
  [
    { clientMaxWindowBits: 10 },
    'permessage-deflate; client_max_window_bits=11',
    INVALID,
  ],
  [
    { clientMaxWindowBits: false },
    'permessage-deflate; client_max_window_bits=11',
    INVALID,
  ],
  [
    { clientNoContextTakeover: false },
    'permessage-deflate; client_no_context_takeover',
    INVALID,
  ],
];

for (const [perMessageDeflate, offer] of OFFERS) {
  test(`a client with ${JSON.stringify(perMessageDeflate)} offers ${offer}`, async (t) => {
    const listener = await listenRaw(t);
    const client = new WebSocket(listener.url, { perMessageDeflate });
    t.after(() => client.terminate());

    const raw = await listener.accept();

    assert.equal(headerOf(raw.handshake), offer);
    await eventOf(client, 'open');
    assert.equal(client.extensions, '');
  });
}

test('a client offers compression by default', async (t) => {
  const listener = await listenRaw(t);
  const client = new WebSocket(listener.url);
  t.after(() => client.terminate());

  const raw = await listener.accept();

  assert.match(headerOf(raw.handshake), /^permessage-deflate/);
  await eventOf(client, 'open');
});

test('a client without compression offers nothing', async (t) => {
  const listener = await listenRaw(t);
  const client = new WebSocket(listener.url, { perMessageDeflate: false });
  t.after(() => client.terminate());

  const raw = await listener.accept();

  assert.equal(headerOf(raw.handshake), undefined);
  await eventOf(client, 'open');
});

for (const [perMessageDeflate, offer, answer] of ANSWERS) {
  test(`a server with ${JSON.stringify(perMessageDeflate)} answers ${offer}`, async (t) => {
    const { wss, port } = await startServer(t, WebSocket, {
      perMessageDeflate,
    });
    const accepted = eventOf(wss, 'connection');

    const raw = await connectRawClient(t, port, {
      headers: [`Sec-WebSocket-Extensions: ${offer}`],
    });

    assert.equal(headerOf(raw.handshake), answer);
    const [connection] = await accepted;
    assert.equal(connection.extensions, answer ? 'permessage-deflate' : '');
  });
}

for (const [perMessageDeflate, offer] of REFUSED_OFFERS) {
  test(`a server with ${JSON.stringify(perMessageDeflate)} refuses ${offer}`, async (t) => {
    const { port } = await startServer(t, WebSocket, { perMessageDeflate });

    const raw = await connectRawClient(t, port, {
      headers: [`Sec-WebSocket-Extensions: ${offer}`],
    });

    assert.match(raw.handshake, /^HTTP\/1\.1 400 Bad Request\r\n/);
    await raw.end();
  });
}

for (const [perMessageDeflate, answer, message] of REFUSED_ANSWERS) {
  test(`a client with ${JSON.stringify(perMessageDeflate)} refuses ${answer}`, async (t) => {
    const listener = await listenRaw(t, {
      headers: [`Sec-WebSocket-Extensions: ${answer}`],
    });
    const client = new WebSocket(listener.url, { perMessageDeflate });
    const failed = eventOf(client, 'error');
    const closed = eventOf(client, 'close');
    await listener.accept();

    assert.equal((await failed)[0].message, message);
    assert.equal((await closed)[0], 1006);
  });
}

for (let bits = 9; bits <= 15; bits++) {
  testInRoles(
    `windows of ${bits} bits work in both directions`,
    async (t, role) => {
      const windows = {
        perMessageDeflate: {
          serverMaxWindowBits: bits,
          clientMaxWindowBits: bits,
        },
      };
      const { subject, peer } = await connect(t, role, {
        subject: windows,
        peer: windows,
      });
      const sent = Array.from({ length: 20 }, (_, i) =>
        Buffer.from(`${'abcdefghij'.repeat(i * 700)}${i}`),
      );
      const inbound = messagesOf(subject, 20);
      const outbound = messagesOf(peer, 20);

      for (const message of sent) {
        subject.send(message);
        peer.send(message);
      }

      for (const messages of [await inbound, await outbound]) {
        messages.forEach(({ data }, i) => assert.ok(data.equals(sent[i])));
      }
    },
  );
}

testInRoles('messages survive without context takeover', async (t, role) => {
  const noTakeover = {
    perMessageDeflate: {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      threshold: 0,
    },
  };
  const { subject, peer } = await connect(t, role, {
    subject: noTakeover,
    peer: noTakeover,
  });
  const inbound = messagesOf(subject, 50);
  const outbound = messagesOf(peer, 50);

  for (let i = 0; i < 50; i++) {
    subject.send(`message ${i} `.repeat(i));
    peer.send(`message ${i} `.repeat(i));
  }

  for (const messages of [await inbound, await outbound]) {
    messages.forEach(({ data }, i) => {
      assert.equal(data.toString(), `message ${i} `.repeat(i));
    });
  }
});

test('one client may compress and another not', async (t) => {
  const { wss, url } = await startServer(t, WebSocket, {
    perMessageDeflate: true,
  });
  wss.on('connection', (connection) => {
    connection.on('message', (data) => connection.send(data.toString()));
  });
  const clients = [true, false].map((perMessageDeflate) => {
    const client = new Peer(url, { perMessageDeflate });
    t.after(() => client.terminate());
    return client;
  });

  const answers = await Promise.all(
    clients.map(async (client) => {
      await eventOf(client, 'open');
      client.send('x'.repeat(5000));
      const [{ data }] = await messagesOf(client, 1);
      return [client.extensions, data.length];
    }),
  );

  assert.deepEqual(answers, [
    ['permessage-deflate', 5000],
    ['', 5000],
  ]);
});

function headerOf(handshake) {
  return /^sec-websocket-extensions: *(.*?)\r?$/im.exec(handshake)?.[1];
}
