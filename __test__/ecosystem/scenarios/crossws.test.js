'use strict';

/*
 * crossws holds a copy of `ws` inside its own files, which no override reaches; but its Node adapter takes a
 * WebSocketServer from outside with the option `wss`, and then everything goes through that.
 */

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const { WebSocket, WebSocketServer } = require('ws');
const { usesExpectedImplementation } = require('./support/implementation');
const { listen } = require('./support/servers');
const { eventOf, until, within } = require('./support/waiting');

usesExpectedImplementation('crossws');

test('the upgrade hook chooses headers, subprotocol and context', async (t) => {
  const { connect, peers } = await serve(t, {
    upgrade: (request) => ({
      headers: {
        'x-berth': new URL(request.url).searchParams.get('berth'),
        'set-cookie': 'keel=1',
      },
      protocol: 'chart.v2',
      context: { agent: request.headers.get('user-agent') },
    }),
  });
  const client = connect('/dock?berth=9', ['log', 'chart.v2'], {
    headers: { 'User-Agent': 'pilot' },
  });
  const [[response]] = await Promise.all([
    eventOf(client, 'upgrade'),
    eventOf(client, 'open'),
  ]);

  assert.equal(response.headers['x-berth'], '9');
  assert.deepEqual(response.headers['set-cookie'], ['keel=1']);
  assert.equal(client.protocol, 'chart.v2');
  const [peer] = peers();
  assert.equal(peer.context.agent, 'pilot');
  assert.equal(peer.remoteAddress, '127.0.0.1');
  assert.equal(new URL(peer.request.url).pathname, '/dock');
  assert.equal(peer.websocket.url, client.url);
});

test('the upgrade hook turns a client away with a response of its own', async (t) => {
  const { connect, peers } = await serve(t, {
    upgrade: () =>
      new Response('no berth free', {
        status: 503,
        headers: { 'Retry-After': '60' },
      }),
  });
  const client = connect('/');
  const [, response] = await eventOf(client, 'unexpected-response');

  assert.equal(response.statusCode, 503);
  assert.equal(response.headers['retry-after'], '60');
  let body = '';
  for await (const chunk of response) body += chunk;
  assert.equal(body, 'no berth free');
  assert.equal(peers().length, 0);
});

test('messages arrive as what they are, and answers as what is given', async (t) => {
  const { connect } = await serve(t, {
    message: (peer, message) => {
      if (typeof message.rawData === 'string') {
        peer.send({ text: message.text() });
      } else {
        peer.send(message.uint8Array());
        peer.send(Uint8Array.from(message.uint8Array()).buffer);
        peer.send(12.5);
      }
    },
  });
  const client = connect('/');
  await eventOf(client, 'open');
  const received = collect(client);

  client.send('{"ahoy":"⚓"}');
  client.send(Buffer.from([0, 1, 255]));
  await received.reach(4);
  assert.deepEqual(received.all, [
    '{"text":"{\\"ahoy\\":\\"⚓\\"}"}',
    [0, 1, 255],
    [0, 1, 255],
    '12.5',
  ]);
});

test('publishing reaches those of the same topic and namespace, but not oneself', async (t) => {
  const { adapter, connect } = await serve(t, {
    open: (peer) => {
      const query = new URL(peer.request.url).searchParams;
      for (const topic of query.getAll('topic')) peer.subscribe(topic);
      peer.send('ready');
    },
    message: (peer, message) => {
      const [topic, text] = message.text().split(':');
      peer.publish(topic, text);
      peer.send(`published ${text}`);
    },
  });
  const clients = [
    connect('/sea?topic=wind&topic=tide'),
    connect('/sea?topic=wind'),
    connect('/sea?topic=tide'),
    connect('/lake?topic=wind'),
  ];
  const received = clients.map((client) => collect(client));
  await Promise.all(received.map((each) => each.reach(1)));

  clients[0].send('wind:NW 7');
  clients[2].send('tide:low');
  await received[0].reach(3);
  await received[1].reach(2);
  await received[2].reach(2);
  adapter.publish('wind', new Uint8Array([7]), { namespace: '/sea' });
  adapter.publish('wind', 'everywhere');

  await received[0].reach(5);
  await received[1].reach(4);
  await received[3].reach(2);
  assert.deepEqual(received[0].all.slice(1).sort(), [
    [7],
    'everywhere',
    'low',
    'published NW 7',
  ]);
  assert.deepEqual(received[1].all, ['ready', 'NW 7', [7], 'everywhere']);
  assert.deepEqual(received[2].all, ['ready', 'published low']);
  assert.deepEqual(received[3].all, ['ready', 'everywhere']);
});

test('compression is settled for each connection in the upgrade hook', async (t) => {
  const { connect, wss } = await serve(t, {
    upgrade: (request) => ({
      perMessageDeflate:
        new URL(request.url).pathname === '/slim'
          ? { threshold: 0 }
          : undefined,
    }),
    message: (peer, message) => peer.send(message.text()),
  });
  const [slim, plain] = [connect('/slim'), connect('/plain')];
  await Promise.all([eventOf(slim, 'open'), eventOf(plain, 'open')]);

  assert.equal(slim.extensions, 'permessage-deflate');
  assert.equal(plain.extensions, '');
  assert.equal(wss.options.perMessageDeflate, false);
  const text = 'heave ho '.repeat(5000);
  for (const client of [slim, plain]) {
    const before = client._socket.bytesRead;
    const received = collect(client);
    client.send(text);
    await received.reach(1);
    assert.deepEqual(received.all, [text]);
    const onTheWire = client._socket.bytesRead - before;
    assert.equal(onTheWire < text.length / 10, client === slim);
  }
});

test('close codes and reasons get through both ways; terminate() is 1006', async (t) => {
  const closed = [];
  const { adapter, connect, peers } = await serve(t, {
    message: (peer, message) => {
      if (message.text() === 'close me') peer.close(4001, 'as you wish');
      else peer.terminate();
    },
    close: (peer, { code, reason }) => closed.push(`${code} ${reason}`),
  });

  const leaving = connect('/');
  await eventOf(leaving, 'open');
  leaving.close(4321, 'ashore');
  await until(() => closed.length === 1, 'the close hook was not called');

  const sentAway = connect('/');
  await eventOf(sentAway, 'open');
  sentAway.send('close me');
  assert.deepEqual(await closeOf(sentAway), [4001, 'as you wish']);

  const cut = connect('/');
  await eventOf(cut, 'open');
  cut.send('terminate me');
  assert.deepEqual(await closeOf(cut), [1006, '']);

  const last = connect('/');
  await eventOf(last, 'open');
  adapter.closeAll(1012, 'refit');
  assert.deepEqual(await closeOf(last), [1012, 'refit']);

  await until(() => closed.length === 4, 'the close hook was not called');
  assert.deepEqual(closed, [
    '4321 ashore',
    '4001 as you wish',
    '1006 ',
    '1012 refit',
  ]);
  assert.equal(peers().length, 0);
});

test('the proxy which a peer has of its socket can be used like the socket', async (t) => {
  const { connect, peers } = await serve(t, {
    upgrade: () => ({ protocol: 'deck' }),
  });
  const client = connect('/', ['deck']);
  const received = collect(client);
  await eventOf(client, 'open');
  const [peer] = peers();
  const { websocket } = peer;

  assert.equal(websocket.readyState, WebSocket.OPEN);
  assert.equal(websocket.protocol, 'deck');
  assert.equal(websocket.bufferedAmount, 0);
  const messages = [];
  websocket.on('message', (data) => messages.push(data));
  websocket.binaryType = 'arraybuffer';
  assert.equal(websocket.binaryType, 'arraybuffer');
  client.send(Buffer.from('to the proxy'));
  await until(() => messages.length === 1, 'nothing arrived');
  assert.ok(messages[0] instanceof ArrayBuffer);

  const sent = new Promise((resolve) => websocket.send('direct', resolve));
  assert.ok(!(await within(sent, 'send() did not call back')));
  await received.reach(1);
  const pinged = eventOf(client, 'ping');
  websocket.ping('knock');
  assert.equal((await pinged)[0].toString(), 'knock');

  websocket.pause();
  assert.equal(websocket.isPaused, true);
  websocket.resume();
  websocket.close(4005, 'by proxy');
  assert.deepEqual(await closeOf(client), [4005, 'by proxy']);
  assert.deepEqual(received.all, ['direct']);
});

test('pings of both sides are hooks', async (t) => {
  const heard = [];
  const { connect, peers } = await serve(t, {
    ping: (peer, data) => heard.push(`ping ${data}`),
    pong: (peer, data) => heard.push(`pong ${data}`),
  });
  const client = connect('/');
  await eventOf(client, 'open');
  const ponged = eventOf(client, 'pong');
  client.ping('from client');
  assert.equal((await ponged)[0].toString(), 'from client');
  peers()[0].ping('from server');
  await until(() => heard.length === 2, 'the hooks were not called');
  assert.deepEqual(heard, ['ping from client', 'pong from server']);
});

test('who does not answer the heartbeat is dropped, who does is kept', async (t) => {
  const { connect } = await serve(t, {}, { adapter: { idleTimeout: 0.1 } });
  const mute = connect('/', [], { autoPong: false });
  const alive = connect('/');
  let pings = 0;
  alive.on('ping', (data) => {
    assert.equal(data.toString(), 'crossws-ping');
    pings++;
  });

  assert.deepEqual(await closeOf(mute), [1006, '']);
  const seen = pings;
  await until(() => pings > seen + 2, 'the heartbeat stopped');
  assert.equal(alive.readyState, WebSocket.OPEN);
});

test('a client that reads slowly is noticed, and so is that it caught up', async (t) => {
  let drained = 0;
  const { connect, peers } = await serve(t, { drain: () => drained++ });
  const client = connect('/');
  await eventOf(client, 'open');
  const received = collect(client, (data) => data.length);
  const [peer] = peers();

  client.pause();
  const chunk = Buffer.alloc(1 << 20, 'x');
  let buffered = 0;
  for (let n = 0; n < 24; n++) buffered = peer.send(chunk);
  assert.ok(buffered > 0 && buffered <= 24 * (chunk.length + 10));
  assert.equal(peer.bufferedAmount, buffered);
  client.resume();

  await within(peer.waitForDrain(), 'bufferedAmount did not go down');
  await until(() => drained > 0, 'the drain hook was not called');
  await received.reach(24);
  assert.deepEqual(received.all, Array(24).fill(chunk.length));
});

test('a message that is too large is the error hook, and 1009 at the client', async (t) => {
  const heard = [];
  const { connect } = await serve(
    t,
    {
      message: () => heard.push('message'),
      error: (peer, error) => heard.push(error.message),
      close: (peer, { code }) => heard.push(code),
    },
    { wss: { maxPayload: 1000 } },
  );
  const client = connect('/');
  await eventOf(client, 'open');
  client.send('x'.repeat(1001));
  assert.deepEqual(await closeOf(client), [1009, '']);
  await until(() => heard.length === 2, 'the hooks were not called');
  assert.deepEqual(heard, ['RangeError: Max payload size exceeded', 1006]);
});

/** The adapter, on a server of its own, with ways to connect to it and to see who is there. */
async function serve(t, hooks, options = {}) {
  const { default: createAdapter } = await import('crossws/adapters/node');
  const wss = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: () => false,
    ...options.wss,
  });
  const adapter = createAdapter({ hooks, wss, ...options.adapter });
  const server = http.createServer();
  server.on('upgrade', adapter.handleUpgrade);
  const port = await listen(t, server);
  t.after(() => wss.close());

  const connect = (path, protocols = [], clientOptions = undefined) => {
    const url = `ws://127.0.0.1:${port}${path}`;
    const client = new WebSocket(url, protocols, clientOptions);
    t.after(() => {
      // Whoever was turned away is still connecting.
      client.on('error', () => {});
      client.terminate();
    });
    return client;
  };
  const peers = () => [...adapter.peers.values()].flatMap((some) => [...some]);
  return { adapter, connect, peers, wss };
}

/** Collects messages: text as strings, bytes as arrays. */
function collect(client, take = (data) => [...data]) {
  const all = [];
  client.on('message', (data, isBinary) => {
    all.push(isBinary ? take(data) : data.toString());
  });
  const reach = (count) =>
    until(() => all.length >= count, `no ${count} messages`);
  return { all, reach };
}

async function closeOf(client) {
  const [code, reason] = await eventOf(client, 'close');
  return [code, reason.toString()];
}
