'use strict';

// Sending to connections that are gone, or going: no crash, each callback once, nothing kept.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const {
  connect,
  connectRaw,
  startServer,
  testInRoles,
} = require('../support/connections');
const { connectRawClient } = require('../support/raw-peer');
const subject = require('../support/subject');
const { closeOf, until } = require('../support/waiting');

const ENDS = {
  terminate: (ws) => ws.terminate(),
  'destroy()': (ws) => ws._socket.destroy(),
  'destroy() with an error': (ws) => ws._socket.destroy(new Error('gone')),
  'end()': (ws) => ws._socket.end(),
  'resetAndDestroy()': (ws) => ws._socket.resetAndDestroy(),
  'close()': (ws) => ws.close(),
  'a reset of the peer': (ws, raw) => raw.socket.resetAndDestroy(),
  'the end of the peer': (ws, raw) => raw.socket.destroy(),
};

for (const [what, end] of Object.entries(ENDS)) {
  testInRoles(
    `everything is sent before, at and after ${what}`,
    async (t, role) => {
      for (const compress of [false, true]) {
        const { subject: ws, raw } = await connectRaw(t, role, {
          subject: { perMessageDeflate: compress && { threshold: 0 } },
        });
        ws.on('error', () => {});
        const closed = closeOf(ws);
        const calls = [];
        sendAll(ws, calls);
        end(ws, raw);
        sendAll(ws, calls);
        await new Promise(setImmediate);
        sendAll(ws, calls);
        // Nobody answers a close frame here.
        setImmediate(() => raw.socket.end());
        await closed;
        sendAll(ws, calls);
        await until(() => calls.every((n) => n > 0), 'callbacks are missing');
        await new Promise(setImmediate);

        assert.deepEqual(new Set(calls), new Set([1]));
        assert.equal(ws.readyState, ws.CLOSED);
      }
    },
  );
}

test('a broadcast to clients of which some are gone reaches the others', async (t) => {
  const { wss, port } = await startServer(t, subject);
  const peers = [];
  for (let i = 0; i < 12; i++) peers.push(await connectRawClient(t, port));
  const clients = [...wss.clients];
  for (const ws of clients) ws.on('error', () => {});
  const ends = Object.values(ENDS).slice(0, 5);
  const data = Buffer.alloc(100_000, 'x');

  // Some before, some amid the broadcast, and some right behind it.
  ends.forEach((end, i) => end(clients[i], peers[i]));
  let called = 0;
  clients.forEach((ws, i) => {
    if (i === 5) clients[6].terminate();
    ws.send(data, () => called++);
    ws.send('small');
    if (i === 7) ws.terminate();
  });

  for (const raw of peers.slice(8)) {
    const [large, small] = await raw.firstFrames(2);
    assert.ok(large.payload.equals(data));
    assert.equal(`${small.payload}`, 'small');
  }
  await until(() => called === clients.length, 'callbacks are missing');
  for (const raw of peers) raw.socket.destroy();
  await until(() => wss.clients.size === 0, 'clients are left');
});

test('bytes for one connection never reach the next on its descriptor', async (t) => {
  const { wss, port } = await startServer(t, subject);
  const stale = [];

  for (let round = 0; round < 100; round++) {
    const raw = await connectRawClient(t, port);
    await until(() => wss.clients.size === 1, 'no client');
    const [ws] = wss.clients;
    ws.on('error', () => {});
    // What still has those before writes to them, while this one has their descriptor.
    for (const old of stale.slice(-5)) {
      old.send(Buffer.alloc(10_000, 'old'), () => {});
      old.ping('old', undefined, () => {});
      old._socket?.write('old', () => {});
    }
    ws.send(`new ${round}`);
    const [frame] = await raw.firstFrames(1);
    assert.equal(`${frame.payload}`, `new ${round}`);
    stale.push(ws);
    ws.terminate();
    await raw.end();
    assert.equal(raw.frames.length, 1);
    await until(() => wss.clients.size === 0, 'a client is left');
  }
});

testInRoles(
  'what a peer has not read when it is terminated is given up',
  async (t, role) => {
    const { subject: ws, peer } = await connect(t, role);
    peer.pause();
    const closed = closeOf(ws);
    let called = 0;
    for (let i = 0; i < 64; i++) {
      ws.send(Buffer.alloc(1024 * 1024), () => called++);
    }
    assert.ok(ws.bufferedAmount >= 0);

    ws.terminate();

    assert.equal((await closed).code, 1006);
    await until(() => called === 64, 'callbacks are missing');
  },
);

/** Sends with every method, and counts how often each callback is called. */
function sendAll(ws, calls) {
  const counter = () => {
    const index = calls.push(0) - 1;
    return () => calls[index]++;
  };
  ws.send('text', counter());
  ws.send(Buffer.alloc(50_000), counter());
  ws.send(Buffer.alloc(10), { fin: false }, counter());
  ws.send('', { fin: true }, counter());
  ws.ping('ping', undefined, counter());
  ws.pong('pong', undefined, counter());
}
