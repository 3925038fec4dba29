'use strict';

/*
 * Two Y.Docs share a room: the clients are y-websocket's providers on `ws`, the server is the one of the same project
 * on a WebSocketServer of `ws`.
 */

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const { docs, setupWSConnection } = require('@y/websocket-server/utils');
const { WebSocket, WebSocketServer } = require('ws');
const { WebsocketProvider } = require('y-websocket');
const Y = require('yjs');
const { usesExpectedImplementation } = require('./support/implementation');
const { listen } = require('./support/servers');
const { until, within } = require('./support/waiting');

usesExpectedImplementation('@y/websocket-server');

test('edits on two sides, made at the same time, converge on three documents', async (t) => {
  const { url } = await serve(t);
  const ann = await join(t, url);
  const ben = await join(t, url, { room: ann.room });

  for (let n = 0; n < 200; n++) {
    ann.doc.getText('log').insert(0, `a${n} `);
    ben.doc.getText('log').insert(0, `b${n} `);
  }
  ann.doc.getMap('ship').set('name', 'Héloïse ⚓');
  ben.doc.getArray('crew').push(['Ben', new Uint8Array([0, 255, 1])]);

  const server = docs.get(ann.room);
  await until(
    () => same(ann.doc, ben.doc) && same(ann.doc, server),
    'the documents did not converge',
  );
  const text = ben.doc.getText('log').toString();
  for (let n = 0; n < 200; n++) {
    assert.ok(text.includes(`a${n} `) && text.includes(`b${n} `));
  }
  assert.equal(ben.doc.getMap('ship').get('name'), 'Héloïse ⚓');
  assert.deepEqual(ann.doc.getArray('crew').toArray(), [
    'Ben',
    new Uint8Array([0, 255, 1]),
  ]);
});

for (const perMessageDeflate of [false, true]) {
  const how = perMessageDeflate ? 'compressed' : 'as it is';
  test(`somebody who comes late gets a large document, ${how}`, async (t) => {
    const { url } = await serve(t, { perMessageDeflate });
    const ann = await join(t, url);
    const page = 'The quick brown fox jumps over the lazy dog. '.repeat(2000);
    for (let n = 0; n < 20; n++) ann.doc.getArray('pages').push([page + n]);
    await until(
      () => same(ann.doc, docs.get(ann.room)),
      'the server has not got the document',
    );

    const ben = await join(t, url, { room: ann.room });
    assert.equal(ben.provider.ws.extensions !== '', perMessageDeflate);
    assert.equal(ben.doc.getArray('pages').length, 20);
    assert.equal(ben.doc.getArray('pages').get(19), page + 19);
    assert.ok(same(ann.doc, ben.doc));
  });
}

test('rooms are apart', async (t) => {
  const { url } = await serve(t);
  const ann = await join(t, url);
  const eve = await join(t, url, { room: `${ann.room}-elsewhere` });
  const ben = await join(t, url, { room: ann.room });

  ann.doc.getText('log').insert(0, 'secret');
  await until(() => same(ann.doc, ben.doc), 'Ben did not get it');
  assert.equal(eve.doc.getText('log').toString(), '');
});

test('who is there, and where, is seen by the others until it leaves', async (t) => {
  const { url } = await serve(t);
  const ann = await join(t, url);
  const ben = await join(t, url, { room: ann.room });
  const seenByAnn = () =>
    ann.provider.awareness.getStates().get(ben.doc.clientID);

  ben.provider.awareness.setLocalStateField('user', { name: 'Ben' });
  ben.provider.awareness.setLocalStateField('cursor', { at: 17 });
  await until(() => seenByAnn()?.cursor, 'Ann does not see Ben');
  assert.deepEqual(seenByAnn(), { user: { name: 'Ben' }, cursor: { at: 17 } });

  const connected = statusOf(ben.provider, 'connected');
  ben.provider.ws.terminate();
  await until(() => seenByAnn() === undefined, 'Ben is still there');
  await connected;
  ben.provider.awareness.setLocalStateField('cursor', { at: 18 });
  await until(() => seenByAnn(), 'Ben has not come back');
  assert.deepEqual(seenByAnn().cursor, { at: 18 });
});

test('what was written without a connection is there after the next one', async (t) => {
  const { url, wss } = await serve(t);
  const ann = await join(t, url);
  const ben = await join(t, url, { room: ann.room });

  const disconnected = statusOf(ann.provider, 'disconnected');
  const connected = statusOf(ann.provider, 'connected');
  for (const client of wss.clients) client.terminate();
  await disconnected;
  ann.doc.getText('log').insert(0, 'offline ');
  ben.doc.getText('log').insert(0, 'adrift ');
  await connected;

  await until(
    () =>
      same(ann.doc, ben.doc) && ann.doc.getText('log').toString().length === 15,
    'the documents did not converge after the connection was lost',
  );
});

test('a close code that forbids to come back is obeyed', async (t) => {
  const { url, wss } = await serve(t);
  const ann = await join(t, url);

  const closed = within(
    new Promise((resolve) => ann.provider.once('closed', resolve)),
    "no 'closed' event",
  );
  for (const client of wss.clients) client.close(4403, 'not your room');
  assert.deepEqual(await closed, { code: 4403, reason: 'not your room' });
  assert.equal(ann.provider.shouldConnect, false);

  // It can be told to try again.
  const connected = statusOf(ann.provider, 'connected');
  ann.provider.connect();
  await connected;
});

test('a server that refuses at first is tried again', async (t) => {
  const { url, server } = await serve(t);
  let refused = 0;
  server.prependListener('upgrade', (request, socket) => {
    if (++refused < 3) socket.end('HTTP/1.1 503 Not Yet\r\n\r\n');
  });
  const errors = [];
  const { provider } = await join(t, url, {
    prepare: (each) => {
      each.on('connection-error', (event) => errors.push(event));
    },
  });

  assert.equal(refused, 3);
  assert.equal(errors.length, 2);
  for (const event of errors) {
    assert.equal(event.type, 'error');
    assert.equal(event.message, 'Unexpected server response: 503');
    assert.equal(event.error.message, event.message);
    assert.ok(event.target instanceof WebSocket);
    assert.notEqual(event.target, provider.ws);
  }
});

test('a provider that leaves while it connects leaves nothing behind', async (t) => {
  const { url, wss } = await serve(t);
  let connections = 0;
  wss.on('connection', () => connections++);
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(url, 'hasty', doc, {
    WebSocketPolyfill: WebSocket,
    disableBc: true,
  });
  t.after(() => {
    provider.destroy();
    doc.destroy();
  });
  const { ws } = provider;

  provider.disconnect();
  assert.equal(provider.ws, null);
  await until(() => ws.readyState === WebSocket.CLOSED, 'it did not close');
  const connected = statusOf(provider, 'connected');
  provider.connect();
  await connected;
  await until(() => connections === 1, 'there is no connection');
});

/** A server for rooms. */
async function serve(t, options) {
  const server = http.createServer();
  const wss = new WebSocketServer({ noServer: true, ...options });
  wss.on('connection', (client, request) => setupWSConnection(client, request));
  server.on('upgrade', (request, socket, head) => {
    if (socket.writableEnded) return;
    wss.handleUpgrade(request, socket, head, (client) => {
      wss.emit('connection', client, request);
    });
  });
  const port = await listen(t, server);
  t.after(() => {
    for (const doc of docs.values()) doc.destroy();
    docs.clear();
  });
  return { server, wss, url: `ws://127.0.0.1:${port}` };
}

/** A document that is connected to a room and has what is there. */
async function join(t, url, { room = 'harbour', prepare = () => {} } = {}) {
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(url, room, doc, {
    WebSocketPolyfill: WebSocket,
    connect: false,
    // It would take the documents of one process past the server.
    disableBc: true,
  });
  t.after(() => {
    provider.destroy();
    doc.destroy();
  });
  prepare(provider);
  const synced = new Promise((resolve) => {
    provider.on('sync', (isSynced) => isSynced && resolve());
  });
  provider.connect();
  await within(synced, 'the document was not synced');
  return { doc, provider, room };
}

function statusOf(provider, wanted) {
  const reached = new Promise((resolve) => {
    provider.on('status', ({ status }) => status === wanted && resolve());
  });
  return within(reached, `the provider was not ${wanted}`);
}

function same(one, other) {
  return Buffer.from(Y.encodeStateAsUpdate(one)).equals(
    Y.encodeStateAsUpdate(other),
  );
}
