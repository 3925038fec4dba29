'use strict';

// The listeners of one event throw, whenever it comes, and the process goes on. Plays a connection
// from its beginning to its end, then one on which nothing is thrown, and prints what happened.
//
//     throwing-everywhere.js server message

const http = require('node:http');
const net = require('node:net');

const Peer = require('ws');
const { buildFrame } = require('../frames');
const { WebSocket: Subject } = require('../subject');

const [role, thrower] = process.argv.slice(2);
const isServer = role === 'server';

/** What happened on the connection, and which exceptions were caught. */
const events = [];
const caught = [];
let throws = true;

process.on('uncaughtException', (error) => caught.push(error.message));

main();

async function main() {
  const trace = await play();
  const first = { events: trace, caught: caught.splice(0) };
  throws = false;
  const second = { events: await play(), caught: caught.splice(0) };

  console.log(JSON.stringify({ first, second }));
  // Nothing is left: the process ends by itself.
}

/** One server, one client, a few messages, a fault or a close. */
async function play() {
  events.length = 0;
  const Server = isServer ? Subject : Peer;
  const Client = isServer ? Peer : Subject;
  const server = new Server.WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  const address = await throughRedirect(server.address().port);

  if (isServer) {
    listen(server, 'connection');
    if (thrower === 'headers') listen(server, 'headers');
    if (thrower === 'wsClientError') {
      await sendBadRequest(server);
      server.close();
      return [...events];
    }
  }

  const accepted = new Promise((resolve) => {
    // Before anything that may throw.
    server.prependListener('connection', resolve);
  });
  // Who throws while a client is let in leaves it waiting.
  const client = new Client(address, {
    followRedirects: true,
    handshakeTimeout: 5000,
  });
  const subjectOnClient = isServer ? null : client;
  client.on('error', () => {});
  if (subjectOnClient) {
    for (const event of [
      'upgrade',
      'redirect',
      'unexpected-response',
      'open',
    ]) {
      if (event !== 'unexpected-response' || thrower === event) {
        listen(subjectOnClient, event);
      }
    }
  }

  const closed = ended(client);
  const websocket = await Promise.race([accepted, closed]);

  if (websocket !== undefined) {
    websocket.on('error', () => {});
    await play2(websocket, client);
  }
  await closed;
  for (const one of server.clients) one.terminate();
  await new Promise((resolve) => server.close(resolve));
  redirector?.close();
  return [...events];
}

async function play2(websocket, client) {
  const subject = isServer ? websocket : client;
  const peer = isServer ? client : websocket;
  for (const event of ['message', 'ping', 'pong', 'close']) {
    listen(subject, event);
  }
  if (thrower === 'error') {
    subject.removeAllListeners('error');
    listen(subject, 'error');
  }
  const over = Promise.all([ended(subject), ended(peer)]);
  if (client.readyState === client.CONNECTING) {
    const opened = new Promise((resolve) => {
      client.prependOnceListener('open', resolve);
    });
    await Promise.race([opened, over]);
  }
  if (peer.readyState === peer.OPEN) {
    peer.send('one');
    peer.ping('two');
    peer.pong('three');
    peer.send('four');
    subject.send('five', (error) => note('sent', !error));
    if (thrower === 'error') {
      peer._socket.write(buildFrame({ opcode: 0x3, mask: isServer }));
    } else {
      peer.close(1000, 'over');
    }
  }
  await over;
}

let redirector = null;

/** Where a client connects to: with a redirect on the way, if that is what is watched. */
async function throughRedirect(port) {
  const url = `ws://127.0.0.1:${port}`;
  if (thrower !== 'redirect' && thrower !== 'unexpected-response') return url;

  redirector = http.createServer((req, res) => {
    if (thrower === 'redirect') res.writeHead(302, { Location: url });
    else res.writeHead(throws ? 404 : 302, { Location: url });
    res.end();
  });
  // Its own time for idle sockets would end with the client's for the handshake, and win now and then.
  redirector.keepAliveTimeout = 0;
  await new Promise((resolve) => redirector.listen(0, '127.0.0.1', resolve));
  return `ws://127.0.0.1:${redirector.address().port}`;
}

/** Sends a request that is no handshake, and waits for the end. */
function sendBadRequest(server) {
  listen(server, 'wsClientError', (error, socket) => socket.destroy());
  const socket = net.connect(server.address().port, '127.0.0.1', () => {
    socket.write(
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
  });
  socket.on('error', () => {});
  return new Promise((resolve) => socket.once('close', resolve));
}

function listen(emitter, event, act = () => {}) {
  emitter.on(event, (...args) => {
    const [detail] = args;
    note(event, Buffer.isBuffer(detail) ? `${detail}` : '');
    act(...args);
    if (throws && event === thrower) throw new Error(`thrown by ${event}`);
  });
}

function note(event, detail) {
  events.push(detail === '' ? event : `${event} ${detail}`);
}

function ended(websocket) {
  return new Promise((resolve) => {
    websocket.prependListener('close', () => resolve());
  });
}
