'use strict';

/*
 * NestJS with its WsAdapter: gateways, declared here without decorators' syntax, each with a path on the server of the
 * application.
 */

require('reflect-metadata');

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Injectable, Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { WsAdapter } = require('@nestjs/platform-ws');
const {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
} = require('@nestjs/websockets');
const { from, of } = require('rxjs');
const { WebSocket } = require('ws');
const { usesExpectedImplementation } = require('./support/implementation');
const { eventOf, until } = require('./support/waiting');

usesExpectedImplementation('@nestjs/platform-ws');

/** Gets orders and tells everybody of them. */
class Deck {
  log = [];

  afterInit(server) {
    this.log.push(`init ${server.constructor.name} ${server.path}`);
  }

  handleConnection(client, request) {
    this.log.push(`connection ${request.headers['x-name']}`);
    client.name = request.headers['x-name'];
  }

  handleDisconnect(client) {
    this.log.push(`disconnect ${client.name}`);
  }

  echo(data) {
    return { event: 'echo', data };
  }

  shout(data, client) {
    for (const each of this.server.clients) {
      each.send(JSON.stringify({ event: 'shout', data, by: client.name }));
    }
  }

  async wait(data) {
    await new Promise((resolve) => setImmediate(resolve));
    return { event: 'waited', data };
  }

  count(data) {
    const numbers = Array.from({ length: data }, (_, n) => n);
    return from(numbers.map((n) => ({ event: 'count', data: n })));
  }

  leave(data, client) {
    client.close(data.code, data.reason);
  }
}
Injectable()(Deck);
WebSocketGateway({ path: '/deck', perMessageDeflate: { threshold: 256 } })(
  Deck,
);
WebSocketServer()(Deck.prototype, 'server');
for (const name of ['echo', 'shout', 'wait', 'count', 'leave']) {
  const descriptor = Object.getOwnPropertyDescriptor(Deck.prototype, name);
  SubscribeMessage(name)(Deck.prototype, name, descriptor);
  MessageBody()(Deck.prototype, name, 0);
  ConnectedSocket()(Deck.prototype, name, 1);
}

/** Another path of the same port, with a limit of its own. */
class Hold {
  stow(client, data) {
    return of({ event: 'stowed', data: data.length });
  }
}
Injectable()(Hold);
WebSocketGateway({ path: '/hold', maxPayload: 1000 })(Hold);
SubscribeMessage('stow')(
  Hold.prototype,
  'stow',
  Object.getOwnPropertyDescriptor(Hold.prototype, 'stow'),
);

class Ship {}
Module({ providers: [Deck, Hold] })(Ship);

test('a gateway answers, at once, later or several times', async (t) => {
  const { connect, deck } = await serve(t);
  const client = await connect('/deck', 'anne');
  assert.equal(client.extensions, 'permessage-deflate');

  client.say('wait', 'a little');
  client.say('count', 3);
  const cargo = 'barrels of rum '.repeat(20_000);
  client.say('echo', { cargo, list: [1, null, 'ö'] });
  await until(() => client.heard.length === 5, 'five answers did not arrive');
  assert.deepEqual(client.of('count'), [0, 1, 2]);
  assert.deepEqual(client.of('waited'), ['a little']);
  assert.deepEqual(client.of('echo'), [{ cargo, list: [1, null, 'ö'] }]);
  assert.ok(client._socket.bytesRead < cargo.length / 5);
  assert.deepEqual(deck.log, ['init WebSocketServer /deck', 'connection anne']);
});

test('what no handler is for, and what is no JSON, is passed over', async (t) => {
  const { connect } = await serve(t);
  const client = await connect('/deck', 'anne');
  client.say('nothing', 1);
  client.send('}{');
  client.send(Buffer.from([0xff, 0xfe]));
  client.send(Buffer.from(JSON.stringify({ event: 'echo', data: 'bytes' })));
  await until(() => client.heard.length === 1, 'the echo did not come');
  assert.deepEqual(client.of('echo'), ['bytes']);
});

test('everybody at the gateway hears what is broadcast, nobody elsewhere', async (t) => {
  const { connect } = await serve(t);
  const anne = await connect('/deck', 'anne');
  const mary = await connect('/deck', 'mary');
  const below = await connect('/hold', 'rat');
  anne.say('shout', 'sail ho');
  mary.say('shout', 'where?');
  await until(
    () => anne.heard.length === 2 && mary.heard.length === 2,
    'the broadcast did not arrive',
  );
  for (const client of [anne, mary]) {
    assert.deepEqual(
      client.heard.map(({ by, data }) => `${by}: ${data}`).sort(),
      ['anne: sail ho', 'mary: where?'],
    );
  }
  below.say('stow', 'x');
  await until(() => below.heard.length > 0, 'no answer from below');
  assert.deepEqual(below.heard, [{ event: 'stowed', data: 1 }]);
});

test('each gateway has its own options on one port', async (t) => {
  const { connect, port } = await serve(t);
  const below = await connect('/hold', 'rat');
  assert.equal(below.extensions, '');
  const closed = eventOf(below, 'close');
  below.say('stow', 'x'.repeat(1000));
  assert.equal((await closed)[0], 1009);

  const response = await fetch(`http://127.0.0.1:${port}/deck`);
  assert.equal(response.status, 404);
});

test('a path without a gateway is cut off', async (t) => {
  const { port } = await serve(t);
  const client = new WebSocket(`ws://127.0.0.1:${port}/galley`);
  const [error] = await eventOf(client, 'error');
  assert.equal(error.code, 'ECONNRESET');
  assert.equal(error.message, 'socket hang up');
});

test('the gateway hears of those who leave, and closes with what it likes', async (t) => {
  const { connect, deck } = await serve(t);
  const anne = await connect('/deck', 'anne');
  const mary = await connect('/deck', 'mary');
  const jack = await connect('/deck', 'jack');

  anne.close(1000);
  await until(() => deck.log.includes('disconnect anne'), 'anne is there');
  mary.terminate();
  await until(() => deck.log.includes('disconnect mary'), 'mary is there');
  const closed = eventOf(jack, 'close');
  jack.say('leave', { code: 4008, reason: 'marooned' });
  const [code, reason] = await closed;
  assert.deepEqual([code, reason.toString()], [4008, 'marooned']);
  await until(() => deck.log.includes('disconnect jack'), 'jack is there');
  assert.equal(deck.server.clients.size, 0);
});

test('when the application closes, all connections end, and it ends with them', async (t) => {
  const { app, connect } = await serve(t);
  const clients = [
    await connect('/deck', 'anne'),
    await connect('/deck', 'mary'),
    await connect('/hold', 'rat'),
  ];
  const closed = clients.map((client) => eventOf(client, 'close'));
  await app.close();
  for (const [code] of await Promise.all(closed)) assert.equal(code, 1006);
});

/** The application, listening. */
async function serve(t) {
  const app = await NestFactory.create(Ship, { logger: false });
  app.useWebSocketAdapter(new WsAdapter(app));
  await app.listen(0, '127.0.0.1');
  t.after(() => app.close());
  const { port } = app.getHttpServer().address();
  return { app, connect, deck: app.get(Deck), port };

  async function connect(path, name) {
    const client = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
      headers: { 'X-Name': name },
    });
    t.after(() => client.terminate());
    client.heard = [];
    client.on('message', (data) => client.heard.push(JSON.parse(data)));
    client.say = (event, data) => client.send(JSON.stringify({ event, data }));
    client.of = (event) =>
      client.heard
        .filter((each) => each.event === event)
        .map(({ data }) => data);
    await eventOf(client, 'open');
    return client;
  }
}
