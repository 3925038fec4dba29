'use strict';

// One copy of the package in the main thread, another in worker threads, in
// turns; and a third that only a worker loads. Workers end by themselves, or
// are terminated with all connections open.

const { once } = require('node:events');
const {
  isMainThread,
  parentPort,
  Worker,
  workerData,
} = require('node:worker_threads');

const ROUNDS = 4;

if (isMainThread) main(process.argv.slice(2));
else work(workerData);

async function main([here, ...elsewhere]) {
  const WebSocket = require(here);
  const wss = new WebSocket.Server({ host: '127.0.0.1', port: 0 });
  wss.on('connection', (ws) => ws.on('message', (data) => ws.send(data)));
  await once(wss, 'listening');
  const url = `ws://127.0.0.1:${wss.address().port}`;
  const watcher = new WebSocket(url);
  await once(watcher, 'open');

  for (let round = 0; round < ROUNDS; round++) {
    const isToEnd = round % 2 === 0;
    const workers = elsewhere.map(
      (folder) =>
        new Worker(__filename, { workerData: { folder, url, isToEnd } }),
    );
    const exits = workers.map((worker) => once(worker, 'exit'));
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    if (!isToEnd) for (const worker of workers) worker.terminate();
    await Promise.all(exits);
    watcher.send(`round ${round}`);
    const [answer] = await once(watcher, 'message');
    if (String(answer) !== `round ${round}`) throw new Error(`${answer}`);
  }
  watcher.terminate();
  wss.close();
  console.log(`${ROUNDS} rounds`);
}

function work({ folder, url, isToEnd }) {
  const WebSocket = require(folder);
  const client = new WebSocket(url);
  let answers = 0;
  client.on('open', () => client.send('from a worker'));
  client.on('message', () => {
    answers++;
    if (answers === 20) {
      parentPort.postMessage('busy');
      if (isToEnd) client.close();
    }
    if (client.readyState === WebSocket.OPEN) client.send('more');
  });
}
