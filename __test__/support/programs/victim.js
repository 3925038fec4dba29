'use strict';

// One end of connections that are attacked: a server, or a client of a URL.
// Tells what happens, and on the line 'usage' what it has cost so far.
//
//     victim.js server '{"maxPayload":1000}'
//     victim.js client '{}' ws://127.0.0.1:1234

const readline = require('node:readline');

const { collectGarbage } = require('../garbage');
const { WebSocket, WebSocketServer } = require('../subject');

const [role, settings, url] = process.argv.slice(2);
const { binaryType, ...options } = JSON.parse(settings);
const counts = { open: 0, message: 0, bytes: 0, ping: 0, error: 0, close: 0 };

if (role === 'client') {
  watch(new WebSocket(url, options));
} else {
  const wss = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });

  wss.on('listening', () => console.log(`port ${wss.address().port}`));
  wss.on('connection', watch);
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const [command, id] = line.split(' ');

  if (command === 'collect') collectGarbage();

  const { system, user } = process.cpuUsage();
  const { arrayBuffers, external, heapUsed, rss } = process.memoryUsage();

  console.log(
    `usage ${id} ${JSON.stringify({
      ...counts,
      cpu: (system + user) / 1000,
      arrayBuffers,
      external,
      heapUsed,
      rss,
      peak: process.resourceUsage().maxRSS * 1024,
    })}`,
  );
});

function watch(websocket) {
  counts.open++;
  if (binaryType) websocket.binaryType = binaryType;
  websocket.on('message', (data) => {
    counts.message++;
    counts.bytes += data.length;
  });
  websocket.on('ping', () => counts.ping++);
  websocket.on('error', ({ code }) => {
    counts.error++;
    console.log(`error ${code}`);
  });
  websocket.on('close', (code) => {
    counts.close++;
    console.log(`close ${code}`);
  });
}
