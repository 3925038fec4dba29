'use strict';

// Sends to many at once, and tells who writes: how many I/O threads there are, before it and afterwards.

const fs = require('node:fs');
const { configure, WebSocket, WebSocketServer } = require('../../..');

const CLIENTS = 100;

configure({ ioThreads: 'auto' });

const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' });
const peers = [];
const numbers = [];

wss.on('listening', connect);

function connect() {
  const peer = new WebSocket(`ws://127.0.0.1:${wss.address().port}`);

  peers.push(peer);
  peer.on('open', () => {
    if (peers.length < CLIENTS) connect();
    else begin();
  });
  peer.on('message', (data) => {
    numbers[peers.indexOf(peer)] ??= [];
    numbers[peers.indexOf(peer)].push(Number(data));
    if (Number(data) === 19) end();
  });
}

function begin() {
  console.log(`before: ${ioThreads()}`);
  round(0);
}

function round(number) {
  for (const client of wss.clients) client.send(String(number));
  if (number < 19) setImmediate(round, number + 1);
}

function end() {
  if (numbers.filter((list) => list?.length === 20).length < CLIENTS) return;

  console.log(`after: ${ioThreads()}`);
  const expected = String([...Array(20).keys()]);
  const wrong = numbers.filter((list) => String(list) !== expected);

  console.log(`out of order: ${wrong.length}`);
  for (const peer of peers) peer.close();
  wss.close();
}

function ioThreads() {
  const tasks = '/proc/self/task';
  const name = (task) => fs.readFileSync(`${tasks}/${task}/comm`, 'utf8');

  return fs
    .readdirSync(tasks)
    .filter((task) => name(task).startsWith('hawser-io')).length;
}
