'use strict';

/*
 * What a panic of the engine does: it ends the connection in whose service it was, and no other. Runs with the build
 * that panics when it is asked to (`npm run test:panics`).
 */

const assert = require('node:assert/strict');

const { connect, testInRoles } = require('../support/connections');
const { closeOf, eventOf, until } = require('../support/waiting');
const {
  ON_THREADS,
  TAKEN_OVER,
  bystander,
  driver,
  endOfNext,
  isForced,
  panicNextAt,
  testOn,
} = require('./support');

const DEFLATED = { perMessageDeflate: { threshold: 0 } };

/** What the peer of a broken connection sees, and its program. */
async function failureOf({ subject, peer }) {
  const [[error], local, remote] = await Promise.all([
    eventOf(subject, 'error'),
    closeOf(subject),
    closeOf(peer),
  ]);

  assert.equal(error.code, 'HAWSER_ERR_INTERNAL');
  assert.equal(isForced(), false, 'the panic has happened');
  return { local, remote };
}

for (const [title, options] of [
  ['', {}],
  [' that is compressed', { subject: DEFLATED, peer: DEFLATED }],
]) {
  testInRoles(
    `a panic while a message is decoded${title} ends that connection with 1011`,
    async (t, role) => {
      const other = await bystander(t, role);
      const pair = await connect(t, role, options);

      pair.subject.on('message', () => assert.fail('it was not decoded'));
      panicNextAt('Decode');
      pair.peer.send('hello');

      const { remote } = await failureOf(pair);

      assert.equal(remote.code, 1011);
      await other.echoes();
    },
  );

  testInRoles(
    `a panic while a message is encoded${title} ends that connection with 1011, and its callback hears of it`,
    async (t, role) => {
      const other = await bystander(t, role);
      const pair = await connect(t, role, options);
      const sent = [];
      const told = (name) => (error) => sent.push([name, error?.code]);
      const received = [];

      pair.peer.on('message', (data) => received.push(data.toString()));
      pair.subject.send('before', told('before'));
      panicNextAt('Encode');
      pair.subject.send('in vain', told('in vain'));
      pair.subject.send('too late', told('too late'));

      const { remote } = await failureOf(pair);

      assert.equal(remote.code, 1011);
      await until(() => sent.length === 3, 'a callback was not called');
      await other.echoes();

      // A thread compresses by itself: there the panic meets the message that it does first.
      if (ON_THREADS.includes(driver) && title !== '') return;
      assert.deepEqual(received, ['before']);
      assert.deepEqual(
        sent.filter(([name]) => name !== 'before'),
        [
          ['in vain', 'HAWSER_ERR_INTERNAL'],
          ['too late', 'HAWSER_ERR_INTERNAL'],
        ],
      );
    },
  );
}

testInRoles(
  'a panic while a large message arrives ends that connection with 1011',
  async (t, role) => {
    const other = await bystander(t, role);
    const pair = await connect(t, role);

    pair.subject.on('message', () => assert.fail('it was not decoded'));
    panicNextAt('Decode');
    pair.peer.send(Buffer.alloc(3 << 20, 'x'));

    const { remote } = await failureOf(pair);

    assert.equal(remote.code, 1011);
    await other.echoes();
  },
);

testInRoles('nothing of a message is told after a panic', async (t, role) => {
  const pair = await connect(t, role);
  const order = [];

  for (const name of ['message', 'ping', 'pong', 'error', 'close']) {
    pair.subject.on(name, () => order.push(name));
  }

  panicNextAt('Decode');
  pair.peer.ping();
  pair.peer.send('one');
  pair.peer.send('two');
  await failureOf(pair);
  assert.deepEqual(order, ['error', 'close']);
});

testOn(
  TAKEN_OVER,
  'a panic in the flush ends that connection with 1011',
  async (t) => {
    const other = await bystander(t, 'server');
    const pair = await connect(t, 'server');

    panicNextAt('Flush');
    pair.subject.send('hello');

    const { remote } = await failureOf(pair);

    assert.equal(remote.code, 1011);
    await other.echoes();
  },
);

testOn(
  TAKEN_OVER,
  'a broadcast reaches the others if one of its connections panics',
  async (t) => {
    const all = [];

    for (let i = 0; i < 6; i++) all.push(await connect(t, 'server'));

    const failures = [];
    const ends = all.map(({ subject, peer }) => {
      subject.once('error', (error) => failures.push(error.code));
      // The message of the one that fails may still leave, before the close frame.
      return new Promise((resolve) => {
        peer.once('message', resolve);
        peer.once('close', resolve);
      });
    });

    panicNextAt('Flush');
    for (const { subject } of all) subject.send('everyone');

    await Promise.all(ends);
    await until(() => failures.length > 0, 'nobody failed');
    assert.deepEqual(failures, ['HAWSER_ERR_INTERNAL']);
  },
);

testOn(
  ['io_threads'],
  'a panic in the task of an I/O thread ends that connection with 1011',
  async (t) => {
    const other = await bystander(t, 'server');
    const pair = await connect(t, 'server');

    panicNextAt('ThreadTask');
    // It is this connection's task that goes round next.
    pair.peer.send('hello');

    const { remote } = await failureOf(pair);

    assert.equal(remote.code, 1011);
    await other.echoes();
  },
);

testOn(
  ['io_threads'],
  'a panic while a thread takes a connection in closes that connection',
  async (t) => {
    const other = await bystander(t, 'server');

    panicNextAt('OpenOnThread');

    const [error] = await endOfNext(t);

    assert.equal(error.code, 'HAWSER_ERR_INTERNAL');
    await other.echoes();
  },
);

for (const place of ['MoveOut', 'ComeBack']) {
  testOn(
    ['restless'],
    `a panic in a migration (${place}) ends that connection with 1011`,
    async (t) => {
      const pair = await connect(t, 'server');
      const failure = failureOf(pair);

      pair.subject.on('message', (data) => pair.subject.send(data));
      panicNextAt(place);

      // It moves when there is something to move for.
      while (isForced()) {
        pair.peer.send('move');
        // An answer that does not come is waited for by nobody.
        const answer = new Promise((resolve) => {
          pair.peer.once('message', resolve);
        });

        await Promise.race([answer, failure]);
      }

      assert.equal((await failure).remote.code, 1011);

      // Not before: it moves, too.
      await (await bystander(t, 'server')).echoes();
    },
  );
}

testOn(
  ['restless'],
  'a panic ends that connection wherever it is on its way',
  async (t) => {
    for (let i = 0; i < 30; i++) {
      const pair = await connect(t, 'server', {
        subject: DEFLATED,
        peer: DEFLATED,
      });

      pair.subject.send('before', () => {
        panicNextAt('Encode');
        pair.subject.send('in vain');
      });
      assert.equal((await failureOf(pair)).remote.code, 1011);
    }

    await (await bystander(t, 'server')).echoes();
  },
);

testOn(
  ['event_loop'],
  'a connection that panics when it has been closed is still closed',
  async (t) => {
    const other = await bystander(t, 'server');
    const pair = await connect(t, 'server');

    pair.subject.on('error', () => {});
    panicNextAt('Closed');
    pair.subject.close();
    await closeOf(pair.subject);
    assert.equal(isForced(), false);
    await other.echoes();
  },
);

testOn(
  ['io_threads'],
  'a paused connection that panics as it reads for the last time is still closed',
  async (t) => {
    const other = await bystander(t, 'server');
    const pair = await connect(t, 'server');

    pair.subject.pause();
    panicNextAt('LastRead');
    pair.subject.terminate();

    const [local, remote] = await Promise.all([
      closeOf(pair.subject),
      closeOf(pair.peer),
    ]);

    assert.equal(isForced(), false, 'the panic has happened');
    assert.deepEqual([local.code, remote.code], [1006, 1006]);
    await other.echoes();
  },
);
