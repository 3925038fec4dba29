'use strict';

/*
 * A panic of the engine that is no connection's, or comes before there is one: the process goes on, and so do all
 * connections.
 */

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');

const { Peer, connect, startServer } = require('../support/connections');
const Subject = require('../support/subject');
const { eventOf } = require('../support/waiting');
const {
  ADDON,
  ON_THREADS,
  TAKEN_OVER,
  bystander,
  endOfNext,
  isForced,
  native,
  panicNextAt,
  testOn,
} = require('./support');

for (const place of ['ThreadTurn', 'Collect']) {
  testOn(
    ON_THREADS,
    `a panic at ${place} ends no connection, and loses nothing`,
    async (t) => {
      const all = [await bystander(t, 'server'), await bystander(t, 'client')];

      panicNextAt(place);
      while (isForced()) await all[0].echoes();
      for (const each of all) await each.echoes();
    },
  );
}

test('a function that JavaScript calls for no connection throws', () => {
  panicNextAt('Counters');
  assert.throws(() => native.counters(0), { code: 'HAWSER_ERR_INTERNAL' });
  assert.ok(native.counters(0) === undefined || native.counters(0));
});

testOn(
  TAKEN_OVER,
  'a request that cannot be looked at is served by Node',
  async (t) => {
    const { wss, url } = await startServer(t, Subject.WebSocket);

    panicNextAt('Greet');

    const accepted = eventOf(wss, 'connection');
    const client = new Peer(url);

    t.after(() => client.terminate());

    const [[subject]] = await Promise.all([accepted, eventOf(client, 'open')]);

    assert.equal(isForced(), false);
    subject.send('hello');
    assert.equal(String((await eventOf(client, 'message'))[0]), 'hello');
  },
);

testOn(
  TAKEN_OVER,
  'a connection that is lost as it is admitted hears of it',
  async (t) => {
    const other = await bystander(t, 'server');
    panicNextAt('Admit');

    const [error] = await endOfNext(t);

    assert.equal(error.code, 'HAWSER_ERR_INTERNAL');
    await other.echoes();
  },
);

testOn(
  TAKEN_OVER,
  'a socket that cannot be taken over stays with Node',
  async (t) => {
    panicNextAt('Open');

    const { subject, peer } = await connect(t, 'client');

    assert.equal(isForced(), false);
    peer.send('hello');
    assert.equal(String((await eventOf(subject, 'message'))[0]), 'hello');
  },
);

testOn(
  ['event_loop'],
  'a worker ends although there was a panic in its end',
  async () => {
    const worker = new Worker(
      `const { WebSocket, WebSocketServer } = require(${JSON.stringify(require.resolve('../..'))});
       const native = require(${JSON.stringify(ADDON)});
       const wss = new WebSocketServer({ host: '127.0.0.1', port: 0 }, () => {
         for (let i = 0; i < 3; i++) {
           new WebSocket('ws://127.0.0.1:' + wss.address().port).on('open', ready);
         }
       });
       let open = 0;
       function ready() {
         if (++open < 3) return;
         native.forcePanic('CleanUp');
         require('node:worker_threads').parentPort.postMessage('ready');
       }`,
      { eval: true },
    );

    assert.deepEqual(await eventOf(worker, 'message'), ['ready']);
    await worker.terminate();
    assert.equal(isForced(), false);
  },
);
