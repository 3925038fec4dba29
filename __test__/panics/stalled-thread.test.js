'use strict';

/*
 * An I/O thread that does nothing for a while: whoever is not on it goes on, and whoever is loses nothing.
 */

const assert = require('node:assert/strict');
const { Worker } = require('node:worker_threads');

const { Peer, connect } = require('../support/connections');
const { runProgram } = require('../support/programs');
const { WebSocket } = require('../support/subject');
const { closeOf, eventOf, until } = require('../support/waiting');
const { ADDON, isStalling, native, stallNext, testOn } = require('./support');

/** How long a thread stalls: long enough to show who is not held up. */
const STALL_MS = 1_500;

const ROUNDS = 50;

testOn(
  ['io_threads'],
  'connections on the other thread and on the event loop go on without those of a stalled thread, which lose nothing',
  async (t) => {
    const all = [];

    for (let i = 0; i < 6; i++) all.push(await connect(t, 'server'));
    WebSocket.configure({ ioThreads: 0 });
    t.after(() => WebSocket.configure({ ioThreads: 2 }));
    for (let i = 0; i < 2; i++) all.push(await connect(t, 'server'));

    await stallThreadOf(all[0]);

    const answered = await Promise.all(all.map(answersInTurn));

    assert.deepEqual(
      answered.map(({ heldUp }) => heldUp),
      // Threads take connections in turns; the last two are on the event loop.
      [true, false, true, false, true, false, false, false],
    );
    for (const { messages } of answered) {
      assert.deepEqual(
        messages.filter((message) => message !== 'stalls'),
        Array.from({ length: ROUNDS }, (_, round) => `${round}`),
      );
    }
  },
);

testOn(
  ['io_threads'],
  'connections that end while their thread stalls end once, with every callback and what was sent before',
  async (t) => {
    const ends = {
      close: ({ subject }) => subject.close(4001),
      terminate: ({ subject }) => subject.terminate(),
      'close of the peer': ({ peer }) => peer.close(4002),
      'reset of the peer': ({ peer }) => peer._socket.resetAndDestroy(),
    };
    const all = [];

    for (const name of Object.keys(ends)) {
      // Every other one is on the thread that is to stall.
      all.push({ name, ...(await connect(t, 'server')) });
      await connect(t, 'server');
    }

    await stallThreadOf(all[0]);

    const accounts = all.map(({ name, subject, peer }) => {
      const account = { name, codes: [], told: 0, heard: [], heardByPeer: [] };

      peer.on('error', () => {});
      subject.on('error', () => {});
      subject.on('message', (data) => account.heard.push(String(data)));
      subject.on('close', (code) => account.codes.push(code));
      peer.on('message', (data) => account.heardByPeer.push(String(data)));
      return account;
    });
    const closed = all.map(({ subject, peer }) =>
      Promise.all([closeOf(subject), closeOf(peer)]),
    );

    for (const [i, pair] of all.entries()) {
      for (const word of ['one', 'two', 'three']) {
        pair.subject.send(word, () => accounts[i].told++);
      }
      await new Promise((resolve) => pair.peer.send('to the engine', resolve));
      ends[pair.name](pair);
    }

    assert.ok(isStalling(), 'all of this came while the thread stalled');
    await Promise.all(closed);
    await until(() => accounts.every(({ told }) => told === 3), 'callbacks');

    assert.deepEqual(
      accounts.map(({ name, codes }) => [name, codes]),
      [
        ['close', [4001]],
        ['terminate', [1006]],
        ['close of the peer', [4002]],
        ['reset of the peer', [1006]],
      ],
    );
    for (const { name, heard, heardByPeer } of accounts) {
      assert.ok(heard.length <= 1, `${name}: it was heard twice`);
      if (name === 'reset of the peer') continue;

      const words = heardByPeer.filter((word) => word !== 'stalls');

      assert.deepEqual(words, ['one', 'two', 'three'], name);
      if (name !== 'terminate') assert.equal(heard.length, 1, name);
    }
  },
);

testOn(
  ['io_threads'],
  'a worker that is terminated while its thread stalls ends',
  async () => {
    const worker = new Worker(
      `const { WebSocket, WebSocketServer } = require(${JSON.stringify(require.resolve('../..'))});
       const native = require(${JSON.stringify(ADDON)});
       const { parentPort } = require('node:worker_threads');
       const wss = new WebSocketServer({ host: '127.0.0.1', port: 0 }, () => {
         const client = new WebSocket('ws://127.0.0.1:' + wss.address().port);
         client.on('open', () => {
           native.forceStall(${STALL_MS});
           client.send('stalls');
           setImmediate(function look() {
             if (native.forceStall(0) === 1) setImmediate(look);
             else parentPort.postMessage('stalling');
           });
         });
       });`,
      { eval: true },
    );

    assert.deepEqual(await eventOf(worker, 'message'), ['stalling']);
    await worker.terminate();
    assert.equal(native.forceStall(0), 0, 'the thread had come back before');
  },
);

testOn(
  ['io_threads'],
  'process.exit() waits for a thread that stalls, and loses nothing',
  async (t) => {
    const { heard, ended } = await exitWhileStalled(t, 200);

    assert.deepEqual(heard, ['stalls', 'while it stalls', 'last word']);
    assert.equal(ended.code, 0);
  },
);

testOn(
  ['io_threads'],
  'process.exit() does not wait for ever for a thread that stalls',
  async (t) => {
    const { heard, ended } = await exitWhileStalled(t, 600_000);

    assert.deepEqual(heard, []);
    assert.equal(ended.code, 0);
  },
);

/**
 * @param {import('node:test').TestContext} t
 * @param {number} milliseconds of the stall
 * @returns {Promise<{ heard: string[], ended: { code: number } }>} what the peer heard, and how the program ended
 */
async function exitWhileStalled(t, milliseconds) {
  const program = runProgram(t, 'exit-while-stalled', ADDON, `${milliseconds}`);
  const peer = new Peer(`ws://127.0.0.1:${await program.line('port ')}`);
  const heard = [];
  const closed = closeOf(peer);

  peer.on('error', () => {});
  peer.on('message', (data) => heard.push(String(data)));
  peer.on('open', () => peer.send('stall, and exit'));
  await closed;
  return { heard, ended: await program.ended };
}

/** Has the thread of a connection stall, which the connection does not mind. */
async function stallThreadOf({ subject }) {
  stallNext(STALL_MS);
  subject.send('stalls');
  await until(isStalling, 'no thread stalls');
}

/**
 * Sends one message after the other, each when the one before it has been answered.
 *
 * @returns {Promise<{ messages: string[], heldUp: boolean }>} what the peer heard, and whether it had to wait until the
 *     stall was over
 */
async function answersInTurn({ subject, peer }) {
  const messages = [];
  const done = new Promise((resolve) => {
    peer.on('message', (data) => {
      messages.push(String(data));
      if (messages.at(-1) === `${ROUNDS - 1}`) resolve(!isStalling());
      else if (messages.at(-1) !== 'stalls') peer.send(nextOf(messages));
    });
  });

  subject.on('message', (data) => subject.send(String(data)));
  peer.send('0');
  return { heldUp: await done, messages };
}

function nextOf(messages) {
  return `${Number(messages.at(-1)) + 1}`;
}
