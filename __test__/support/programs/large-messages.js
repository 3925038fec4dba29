'use strict';

// Has large compressed messages echoed, one behind the other, and tells who worked for that: milliseconds of the
// JavaScript thread and of I/O threads.

const { randomBytes } = require('node:crypto');
const fs = require('node:fs');
const { configure, WebSocket, WebSocketServer } = require('../../..');

const MESSAGES = 20;
/** It takes long to find out that there is nothing to compress but the fourth of base64. */
const PAYLOAD = randomBytes(256 * 1024).toString('base64');

configure({ ioThreads: 'auto' });

const wss = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  perMessageDeflate: true,
});

wss.on('connection', (ws) => {
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
});

wss.on('listening', () => {
  const client = new WebSocket(`ws://127.0.0.1:${wss.address().port}`);
  let echoes = 0;
  let before;

  client.on('open', () => {
    before = workOfThreads();
    client.send(PAYLOAD);
  });
  client.on('message', (data) => {
    if (data.toString() !== PAYLOAD)
      throw new Error('something else came back');
    if (++echoes < MESSAGES) return client.send(PAYLOAD);

    const after = workOfThreads();

    console.log(`loop: ${after.loop - before.loop}`);
    console.log(`threads: ${after.threads - before.threads}`);
    client.close();
    wss.close();
  });
});

function workOfThreads() {
  const tasks = '/proc/self/task';
  const work = { loop: 0, threads: 0 };

  for (const task of fs.readdirSync(tasks)) {
    const read = (file) => fs.readFileSync(`${tasks}/${task}/${file}`, 'utf8');
    const ran = Math.round(Number(read('schedstat').split(' ')[0]) / 1e6);

    if (task === String(process.pid)) work.loop += ran;
    else if (read('comm').startsWith('hawser-io')) work.threads += ran;
  }
  return work;
}
