'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const { Aedes } = require('aedes');
const mqtt = require('mqtt');
const WebSocket = require('ws');

const { usesExpectedImplementation } = require('./support/implementation');
const { listen } = require('./support/servers');
const { eventOf, until, within } = require('./support/waiting');

usesExpectedImplementation('mqtt');

/*
 * Both ends are byte streams over `createWebSocketStream()`: MQTT's packets are cut into messages wherever a stream
 * happens to cut them.
 */

// aedes does not speak MQTT 5.
for (const protocolVersion of [3, 4]) {
  test(`MQTT ${protocolVersion}: the subprotocol is agreed on, a message comes back`, async (t) => {
    const { url, wss } = await startBroker(t);
    const options =
      protocolVersion === 3
        ? { protocolId: 'MQIsdp', protocolVersion }
        : { protocolVersion };
    const client = await connect(t, url, options);
    const [socket] = wss.clients;
    assert.equal(socket.protocol, protocolVersion === 3 ? 'mqttv3.1' : 'mqtt');
    await client.subscribeAsync('greetings/#');

    const received = eventOf(client, 'message');
    await client.publishAsync('greetings/one', 'hellö');

    const [topic, payload] = await received;
    assert.equal(topic, 'greetings/one');
    assert.equal(String(payload), 'hellö');
  });
}

for (const qos of [0, 1, 2]) {
  test(`with QoS ${qos}, many messages come in order, each once`, async (t) => {
    const { url } = await startBroker(t);
    const [publisher, subscriber] = await Promise.all([
      connect(t, url),
      connect(t, url),
    ]);
    await subscriber.subscribeAsync('numbers', { qos });
    const received = [];
    subscriber.on('message', (topic, payload, packet) => {
      assert.equal(packet.qos, qos);
      received.push(Number(payload));
    });

    const count = 300;
    const published = [];
    for (let n = 0; n < count; n++) {
      published.push(publisher.publishAsync('numbers', String(n), { qos }));
    }
    // With QoS 1 and 2 it is the broker that says so.
    await within(Promise.all(published), 'not all were published');
    await until(() => received.length >= count, 'messages are missing');

    assert.deepEqual(
      received,
      Array.from({ length: count }, (_, n) => n),
    );
  });
}

test('a retained message is there for who comes later, until it is taken back', async (t) => {
  const { url } = await startBroker(t);
  const publisher = await connect(t, url);
  await publisher.publishAsync('state', 'on', { qos: 1, retain: true });

  const first = await connect(t, url);
  const received = eventOf(first, 'message');
  await first.subscribeAsync('state', { qos: 1 });
  const [, payload, packet] = await received;
  assert.equal(String(payload), 'on');
  assert.equal(packet.retain, true);

  await publisher.publishAsync('state', '', { qos: 1, retain: true });
  const second = await connect(t, url);
  const later = [];
  second.on('message', (topic, payload) => later.push(String(payload)));
  await second.subscribeAsync('state', { qos: 1 });
  await publisher.publishAsync('state', 'off', { qos: 1 });
  await until(() => later.length > 0, 'the subscription hears nothing');

  assert.deepEqual(later, ['off']);
});

for (const [what, options] of Object.entries({
  'as they are': {},
  compressed: { perMessageDeflate: { threshold: 0 } },
})) {
  test(`payloads of megabytes pass in both directions, ${what}`, async (t) => {
    const { url } = await startBroker(t, options);
    const client = await connect(t, url, {
      wsOptions: { perMessageDeflate: what === 'compressed' },
    });
    await client.subscribeAsync('large', { qos: 1 });
    const payloads = [1, 3 << 20, 70_000, 1 << 20].map((length, i) =>
      Buffer.alloc(length, (_, at) => (at * (i + 7)) % 251),
    );
    const received = [];
    client.on('message', (topic, payload) => received.push(payload));

    await within(
      Promise.all(
        payloads.map((payload) =>
          client.publishAsync('large', payload, { qos: 1 }),
        ),
      ),
      'not all were published',
    );
    await until(() => received.length === 4, 'payloads are missing');

    for (const [i, payload] of payloads.entries()) {
      assert.ok(received[i].equals(payload), `payload ${i} is another`);
    }
  });
}

for (const [what, end] of Object.entries({
  'is terminated': ({ socket }) => socket.terminate(),
  'is reset': ({ socket }) => socket._socket.resetAndDestroy(),
  'is terminated by the broker': ({ peer }) => peer.terminate(),
  'has its stream destroyed': ({ client }) => client.stream.destroy(),
})) {
  test(`the will of a client whose connection ${what} is made known`, async (t) => {
    const { broker, url, wss } = await startBroker(t);
    broker.on('clientError', () => {});
    const watcher = await connect(t, url);
    await watcher.subscribeAsync('wills/+');
    const others = new Set(wss.clients);
    let socket;
    const client = await connect(t, url, {
      createWebsocket: (address, protocols, options) =>
        (socket = new WebSocket(address, protocols, options.wsOptions)),
      reconnectPeriod: 0,
      will: { topic: 'wills/1', payload: 'I am gone', qos: 1 },
    });
    client.on('error', () => {});
    const peer = [...wss.clients].find((one) => !others.has(one));
    const received = eventOf(watcher, 'message');
    const closed = eventOf(client, 'close');

    end({ client, peer, socket });

    const [topic, payload] = await received;
    assert.deepEqual([topic, String(payload)], ['wills/1', 'I am gone']);
    await closed;
  });
}

test('a client that says good-bye leaves no will', async (t) => {
  const { url, wss } = await startBroker(t);
  const watcher = await connect(t, url);
  await watcher.subscribeAsync('#');
  const heard = [];
  watcher.on('message', (topic) => heard.push(topic));
  const others = new Set(wss.clients);
  const client = await connect(t, url, {
    will: { topic: 'wills/2', payload: 'I am gone' },
  });
  const [peer] = [...wss.clients].filter((one) => !others.has(one));
  const closed = eventOf(peer, 'close');

  await client.endAsync();
  await closed;
  await watcher.publishAsync('after', '');
  await until(() => heard.includes('after'), 'the broker does not answer');

  assert.deepEqual(heard, ['after']);
});

test('a client that was cut off comes back, and what it published meanwhile arrives', async (t) => {
  const { url, wss } = await startBroker(t);
  const watcher = await connect(t, url);
  await watcher.subscribeAsync('queue', { qos: 1 });
  const heard = [];
  watcher.on('message', (topic, payload) => heard.push(String(payload)));
  const others = new Set(wss.clients);
  const client = await connect(t, url, { clean: false, clientId: 'durable' });
  await client.subscribeAsync('to-me', { qos: 1 });
  const [peer] = [...wss.clients].filter((one) => !others.has(one));
  const offline = eventOf(client, 'close');

  peer.terminate();
  await offline;
  const published = ['a', 'b', 'c'].map((text) =>
    client.publishAsync('queue', text, { qos: 1 }),
  );
  const toMe = eventOf(client, 'message');
  await watcher.publishAsync('to-me', 'while you were away', { qos: 1 });

  await within(Promise.all(published), 'the client has not come back');
  await until(() => heard.length === 3, 'messages are missing');
  assert.deepEqual(heard, ['a', 'b', 'c']);
  assert.equal(String((await toMe)[1]), 'while you were away');
});

test('a broker that refuses is an error, and so is one that is not MQTT', async (t) => {
  const { broker, url } = await startBroker(t);
  broker.authenticate = (client, name, password, next) => {
    if (name === 'Ada') return next(null, true);
    next(Object.assign(new Error('no'), { returnCode: 4 }), null);
  };
  const refused = mqtt.connect(url, { reconnectPeriod: 0 });
  const [error] = await eventOf(refused, 'error');
  assert.equal(error.code, 4);
  await refused.endAsync(true);

  const server = http.createServer();
  server.on('upgrade', (request, socket) => {
    socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
  });
  const port = await listen(t, server);
  const lost = mqtt.connect(`ws://127.0.0.1:${port}`, { reconnectPeriod: 0 });
  const [lostError] = await eventOf(lost.stream, 'error');
  assert.equal(lostError.message, 'Unexpected server response: 404');
  await lost.endAsync(true);
});

async function startBroker(t, options) {
  const broker = await Aedes.createBroker();
  const server = http.createServer();
  const wss = new WebSocket.WebSocketServer({ server, ...options });
  wss.on('connection', (socket, request) => {
    const stream = WebSocket.createWebSocketStream(socket);
    broker.handle(stream, request);
  });
  const port = await listen(t, server);
  t.after(() => new Promise((resolve) => broker.close(resolve)));
  return { broker, url: `ws://127.0.0.1:${port}`, wss };
}

async function connect(t, url, options) {
  const client = mqtt.connect(url, { reconnectPeriod: 10, ...options });
  t.after(() => client.endAsync(true));
  await eventOf(client, 'connect');
  return client;
}
