'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Peer, startServer } = require('../support/connections');
const { countSockets } = require('../support/descriptors');
const { runLimited } = require('../support/programs');
const { until } = require('../support/waiting');

/** Node itself needs some thirty. */
const LIMIT = 100;
/** More than a process with that limit can have. */
const MANY = 150;
/** Where a process can be limited, and looked at from outside. */
const options = { skip: process.platform !== 'linux' };

test(
  'a server without descriptors serves those it has, and others when there are some again',
  options,
  async (t) => {
    const program = await startProgram(t);
    const before = program.sockets();
    const clients = [];

    await Promise.all(
      Array.from({ length: MANY }, async () => {
        const client = await connected(t, program.url);
        if (client) clients.push(client);
      }),
    );

    assert.ok(clients.length > 10, `${clients.length} clients`);
    assert.ok(clients.length < LIMIT, `${clients.length} clients`);
    for (const client of clients) await answered(client, 'still here');

    for (const client of clients) client.close();
    await program.hasSockets(before);
    for (let i = 0; i < 5; i++) {
      const client = await connected(t, program.url);
      await answered(client, 'here again');
      client.close();
    }
    await program.hasSockets(before);
  },
);

test(
  'a connection that cannot be taken over for want of a descriptor is served all the same',
  options,
  async (t) => {
    const program = await startProgram(t);
    // It takes this very one; a second for the engine is not to be had.
    await program.ask('leave 1');

    const client = await connected(t, program.url);

    await answered(client, 'on the last descriptor');
  },
);

test(
  'connections are served though no I/O thread can be started',
  options,
  async (t) => {
    const program = await startProgram(t);
    await program.ask('leave 3');

    const client = await connected(t, program.url);

    await answered(client, 'without a thread');
    client.terminate();
  },
);

test(
  'clients without descriptors fail with an error and a close each, and later ones do not',
  options,
  async (t) => {
    const { wss, url } = await startServer(t, Peer, { backlog: 511 });
    wss.on('connection', (connection) => {
      connection.on('message', (data) => connection.send(data));
    });
    const program = await startProgram(t);
    const before = program.sockets();

    const { open, refused } = await program.ask(`connect ${MANY} ${url}`);

    assert.ok(open > 10, `${open} are open`);
    assert.equal(open + refused.length, MANY);
    for (const { events } of refused) {
      assert.deepEqual(events, ['error EMFILE', 'close 1006']);
    }
    assert.equal(program.sockets(), before + open);

    await program.ask('disconnect');
    await program.hasSockets(before);
    assert.deepEqual(await program.ask(`connect 5 ${url}`), {
      open: 5,
      refused: [],
    });
  },
);

/** A server in a process with few descriptors; see support/programs/few-descriptors.js. */
async function startProgram(t) {
  const limits = { ulimit: `-n ${LIMIT}` };
  const { child, line } = runLimited(t, limits, 'few-descriptors');
  const port = await line('port');
  let number = 0;
  const ask = async (command) => {
    child.stdin.write(`${++number} ${command}\n`);
    return JSON.parse(await line(`${number} `));
  };
  return {
    url: `ws://127.0.0.1:${port}`,
    ask,
    sockets: () => countSockets(child.pid),
    hasSockets: (expected) =>
      until(
        () => countSockets(child.pid) === expected,
        `not ${expected} sockets`,
      ),
  };
}

/** A client that has had an answer, or null if the server could not take it. */
function connected(t, url) {
  return new Promise((resolve) => {
    const client = new Peer(url);
    t.after(() => client.terminate());
    client.on('error', () => {});
    client.on('close', () => resolve(null));
    client.on('open', () => {
      client.send('hello');
      client.once('message', () => resolve(client));
    });
  });
}

async function answered(client, text) {
  const answer = new Promise((resolve, reject) => {
    client.once('message', (data) => resolve(data.toString()));
    client.once('close', () => reject(new Error('closed instead')));
  });
  client.send(text);
  assert.equal(await answer, text);
}
