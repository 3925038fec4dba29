'use strict';

// A server's connection may have no net.Socket until somebody looks at it.
// Nobody must be able to tell.

const assert = require('node:assert/strict');
const net = require('node:net');
const { test } = require('node:test');
const { startServer } = require('./support/connections');
const { WebSocketServer } = require('./support/subject');
const { closeOf, eventOf } = require('./support/waiting');

const REQUEST = [
  'GET / HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Protocol: a, b',
  'Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==',
  '\r\n',
].join('\r\n');
const MESSAGE = Buffer.from('\x81\x82\0\0\0\0hi', 'latin1');

test('what came with the request is heard though the connection is terminated at once', async (t) => {
  const { client, wss } = await startAndConnect(t);
  const heard = [];
  const closed = new Promise((resolve) => {
    wss.on('connection', (ws) => {
      ws.on('message', (data) => heard.push(`${data}`));
      ws.on('close', resolve);
      ws.terminate();
    });
  });

  client.write(Buffer.concat([Buffer.from(REQUEST), MESSAGE]));

  await closed;
  assert.deepEqual(heard, ['hi']);
});

test('an error is not told again when the socket is first looked at', async (t) => {
  const { client, wss } = await startAndConnect(t);
  const errors = [];
  const looked = new Promise((resolve) => {
    wss.on('connection', (ws, req) => {
      ws.on('close', () => {
        req.socket.removeAllListeners('error');
        req.socket.on('error', (error) => errors.push(error));
        resolve(req.socket);
      });
    });
  });

  client.write(REQUEST);
  await eventOf(client, 'data');
  client.resetAndDestroy();

  const socket = await looked;
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  assert.deepEqual(errors, []);
  assert.equal(socket.destroyed, true);
  assert.equal(socket.errored.code, 'ECONNRESET');
});

test('a closed connection says how much it has read and written', async (t) => {
  const { client, wss } = await startAndConnect(t);
  const looked = new Promise((resolve) => {
    wss.on('connection', (ws, req) => {
      ws.on('message', () => ws.terminate());
      ws.on('close', () => resolve(req.socket));
    });
  });
  let received = 0;
  client.on('data', (chunk) => (received += chunk.length));

  client.write(REQUEST);
  await eventOf(client, 'data');
  const closed = eventOf(client, 'close');
  client.write(MESSAGE);

  const socket = await looked;
  await closed;
  assert.equal(socket.bytesRead, REQUEST.length + MESSAGE.length);
  assert.equal(socket.bytesWritten, received);
});

test('a handleProtocols() that does not name the request may look at its socket', async (t) => {
  const ports = [];
  const choose = (protocols, req) => {
    ports.push(req.socket.remotePort);
    return 'b';
  };
  const { client, wss } = await startAndConnect(t, {
    handleProtocols: (...args) => choose(...args),
  });
  const connected = eventOf(wss, 'connection');

  client.write(REQUEST);

  const [ws, req] = await connected;
  const closed = closeOf(ws);
  assert.equal(ws.protocol, 'b');
  assert.equal(req.socket, ws._socket);
  assert.deepEqual(ports, [client.localPort]);
  client.destroy();
  assert.equal((await closed).code, 1006);
});

test('a Blob is not sent on a connection whose socket was looked at and destroyed', async (t) => {
  const { client, wss } = await startAndConnect(t);
  const connected = eventOf(wss, 'connection');
  client.write(REQUEST);
  const [ws, req] = await connected;
  assert.equal(req.socket.destroyed, false);

  const told = new Promise((resolve) => ws.send(new Blob(['x']), resolve));
  ws.on('error', () => {});
  ws.terminate();

  assert.equal(
    (await told).message,
    'The socket was closed while the blob was being read',
  );
});

/** A server, and a TCP connection to it on which nothing has been sent. */
async function startAndConnect(t, options) {
  const { wss, port } = await startServer(t, { WebSocketServer }, options);
  const client = net.connect(port, '127.0.0.1');
  t.after(() => client.destroy());
  client.on('error', () => {});
  await eventOf(client, 'connect');
  return { client, wss };
}
