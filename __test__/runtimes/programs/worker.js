'use strict';

// A worker that is terminated while it has a connection.

const { Worker, isMainThread, parentPort } = require('node:worker_threads');

if (isMainThread) main();
else inWorker();

function main() {
  const worker = new Worker(__filename);
  worker.once('message', async () => {
    await worker.terminate();
    console.log('worker: done');
  });
}

function inWorker() {
  const { connect } = require('./connection');
  connect(({ client }) => {
    client.send('there and back');
    client.on('message', () => parentPort.postMessage('connected'));
  });
}
