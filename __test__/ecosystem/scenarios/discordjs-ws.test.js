'use strict';

/* @discordjs/ws, the gateway client of discord.js, with a gateway that is made of `ws` as well. */

const assert = require('node:assert/strict');
const { test } = require('node:test');
const {
  CompressionMethod,
  WebSocketManager,
  WebSocketShardEvents: EVENT,
} = require('@discordjs/ws');
const { DiscordGateway, OP } = require('./support/discord-gateway');
const { usesExpectedImplementation } = require('./support/implementation');
const { until, within } = require('./support/waiting');

const RECONNECT = 7;
const INVALID_SESSION = 9;
const PRESENCE_UPDATE = 3;

usesExpectedImplementation('@discordjs/ws');

for (const compression of [null, CompressionMethod.ZlibNative]) {
  const how = compression === null ? 'as text' : 'as one stream of zlib';
  test(`all events arrive in order, ${how}`, async (t) => {
    const { dispatched, gateway, manager } = await serve(t, { compression });
    await manager.connect();
    assert.equal(gateway.queries[0].encoding, 'json');
    assert.equal(
      gateway.queries[0].compress,
      compression === null ? undefined : 'zlib-stream',
    );

    for (let n = 0; n < 300; n++) gateway.dispatch('TYPING_START', { n });
    const members = Array.from({ length: 5000 }, (_, n) => ({
      name: `sailor ${n} ⚓`,
      tag: (n * 2654435761).toString(36),
    }));
    gateway.dispatch('GUILD_CREATE', { members });
    await until(() => dispatched.length === 302, 'events are missing');

    assert.deepEqual(
      dispatched.map(({ s }) => s),
      Array.from({ length: 302 }, (_, n) => n + 1),
    );
    assert.deepEqual(dispatched[200].d, { n: 199 });
    assert.deepEqual(dispatched[301].d, { members });
  });
}

test('its heart beats, with the number of the last event', async (t) => {
  const { dispatched, events, gateway, manager } = await serve(t);
  gateway.heartbeatInterval = 100;
  await manager.connect();
  gateway.dispatch('TYPING_START', {});
  await until(() => dispatched.length === 2, 'the event is missing');
  gateway.heartbeats.length = 0;
  await until(() => gateway.heartbeats.length === 3, 'it does not beat');
  assert.deepEqual(gateway.heartbeats, [2, 2, 2]);
  assert.ok(events.includes('heartbeat'));
});

test('what it sends arrives, after the identification', async (t) => {
  const { gateway, manager } = await serve(t);
  const connected = manager.connect();
  const status = { op: PRESENCE_UPDATE, d: { status: 'idle', since: null } };
  await until(() => gateway.queries.length === 1, 'it does not connect');
  await Promise.all([connected, manager.send(0, status)]);
  await until(() => gateway.payloads.length === 2, 'nothing was sent');

  const [identify, presence] = gateway.payloads;
  assert.equal(identify.op, OP.IDENTIFY);
  assert.equal(identify.d.token, 'token');
  assert.deepEqual(identify.d.shard, [0, 1]);
  assert.deepEqual(presence, status);
});

test('shards are connections of their own', async (t) => {
  const { gateway, manager } = await serve(t, { shardCount: 4 });
  await manager.connect();
  assert.equal(gateway.wss.clients.size, 4);
  assert.deepEqual(
    gateway.payloads.map(({ d }) => d.shard).sort(),
    [0, 1, 2, 3].map((id) => [id, 4]),
  );

  await manager.destroy({ reason: 'night falls' });
  await until(() => gateway.closes.length === 4, 'they did not close');
  assert.deepEqual(
    gateway.closes,
    Array(4).fill({ code: 1000, reason: 'night falls' }),
  );
});

for (const { title, interval, lose, closed } of [
  {
    title: 'is cut',
    lose: (gateway) => gateway.drop(),
    closed: 1006,
  },
  {
    title: 'is closed with 4000',
    lose: (gateway) => gateway.drop(4000),
    closed: 4000,
  },
  {
    title: 'is to be made again',
    lose: (gateway) => gateway.tell({ op: RECONNECT }),
    closed: 4200,
  },
  {
    title: 'is dead, since no heartbeat is answered',
    interval: 100,
    lose: (gateway) => (gateway.acknowledges = false),
    closed: 4200,
  },
]) {
  test(`a session whose connection ${title} is resumed, and misses nothing`, async (t) => {
    const { dispatched, events, gateway, manager } = await serve(t, {
      compression: CompressionMethod.ZlibNative,
    });
    const usualInterval = gateway.heartbeatInterval;
    if (interval) gateway.heartbeatInterval = interval;
    await manager.connect();
    gateway.heartbeatInterval = usualInterval;
    gateway.dispatch('TYPING_START', { n: 1 });
    await until(() => dispatched.length === 2, 'the first event is missing');

    lose(gateway);
    await until(() => gateway.closes.length === 1, 'nothing was closed');
    gateway.acknowledges = true;
    gateway.dispatch('TYPING_START', { n: 2 });
    await until(() => events.includes('resumed'), 'it was not resumed');
    gateway.dispatch('TYPING_START', { n: 3 });
    await until(() => dispatched.length === 5, 'events are missing');

    assert.equal(gateway.closes[0].code, closed);
    assert.deepEqual(
      events.filter((event) => event !== 'heartbeat'),
      ['ready', `closed ${closed}`, 'resumed'],
    );
    assert.deepEqual(
      dispatched.map(({ d, t: type }) => d.n ?? type),
      ['READY', 1, 2, 'RESUMED', 3],
    );
    const resume = gateway.payloads.at(-1);
    assert.equal(resume.op, OP.RESUME);
    assert.deepEqual(resume.d, {
      token: 'token',
      seq: 2,
      session_id: 'session',
    });
  });
}

test('a session that is no longer valid is begun anew', async (t) => {
  const { events, gateway, manager } = await serve(t);
  await manager.connect();
  gateway.tell({ op: INVALID_SESSION, d: false });
  await until(
    () => events.filter((event) => event === 'ready').length === 2,
    'there was no second session',
  );
  assert.equal(gateway.closes[0].code, 1000);
  assert.equal(gateway.closes[0].reason, 'Invalid session');
  assert.deepEqual(
    gateway.payloads.map(({ op }) => op),
    [OP.IDENTIFY, OP.IDENTIFY],
  );
});

test('a wrong token is the end', async (t) => {
  const { events, gateway, manager } = await serve(t);
  await manager.connect();
  const failed = new Promise((resolve) => manager.once(EVENT.Error, resolve));
  gateway.drop(4004);
  const error = await within(failed, "no 'error' event");
  assert.equal(error.message, 'Authentication failed');
  await until(() => events.includes('closed 4004'), 'it was not closed');
  assert.equal(gateway.queries.length, 1);
});

test('a gateway that does not answer the handshake is given up in time and tried again', async (t) => {
  const { events, gateway, manager } = await serve(t, {
    handshakeTimeout: 1000,
  });
  const [accept] = gateway.server.listeners('upgrade');
  const ignored = [];
  gateway.server.removeAllListeners('upgrade');
  gateway.server.once('upgrade', (request, socket) => {
    ignored.push(socket);
    socket.on('error', () => {});
    gateway.server.on('upgrade', accept);
  });
  await manager.connect();

  assert.equal(ignored.length, 1);
  assert.deepEqual(
    events.filter((event) => event !== 'heartbeat'),
    ['socketError Opening handshake has timed out', 'closed 1006', 'ready'],
  );
});

/** A gateway and a manager for it, whose events are noted. */
async function serve(t, options) {
  const started = {};
  // Before the gateway goes, or it would try to connect again.
  t.after(() => started.manager.destroy());
  const gateway = await DiscordGateway.start(t);
  const sessions = new Map();
  const manager = new WebSocketManager({
    token: 'token',
    intents: 0,
    rest: {
      get: async () => ({
        url: gateway.url,
        shards: 1,
        session_start_limit: {
          total: 100,
          remaining: 100,
          reset_after: 60_000,
          max_concurrency: 1,
        },
      }),
    },
    // Discord's own pace is one session in five seconds.
    buildIdentifyThrottler: async () => ({ waitForIdentify: async () => {} }),
    retrieveSessionInfo: (shard) => sessions.get(shard) ?? null,
    updateSessionInfo: (shard, session) => {
      if (session) sessions.set(shard, session);
      else sessions.delete(shard);
    },
    ...options,
  });
  started.manager = manager;
  const events = [];
  const dispatched = [];
  manager.on(EVENT.Dispatch, (payload) => dispatched.push(payload));
  manager.on(EVENT.Ready, () => events.push('ready'));
  manager.on(EVENT.Resumed, () => events.push('resumed'));
  manager.on(EVENT.Closed, (code) => events.push(`closed ${code}`));
  manager.on(EVENT.HeartbeatComplete, () => events.push('heartbeat'));
  manager.on(EVENT.SocketError, (error) => {
    events.push(`socketError ${error.message}`);
  });
  return { dispatched, events, gateway, manager };
}
