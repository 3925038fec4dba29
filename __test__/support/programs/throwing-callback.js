'use strict';

// Connects to the URL, sends messages with callbacks that may throw, goes on
// after that and tells what it was told. With the argument 'unwritten' the
// peer reads nothing and the connection is terminated.

const { WebSocket } = require('../subject');

const [url, mode] = process.argv.slice(2);
const MEGABYTE = 1024 * 1024;

const client = new WebSocket(url, { perMessageDeflate: false });

process.on('uncaughtException', (error) =>
  console.log(`caught ${error.message}`),
);

client.on('open', () => {
  if (mode === 'unwritten') sendMoreThanIsWritten();
  else sendAFew();
});
client.on('close', (code) => console.log(`closed ${code}`));

function sendAFew() {
  for (let i = 0; i < 4; i++) {
    client.send(`${i}`, (error) => {
      console.log(`callback ${i} ${error ? error.code : 'sent'}`);
      if (i === 3) client.close();
      if (i < 2) throw new Error(`of callback ${i}`);
    });
  }
}

function sendMoreThanIsWritten() {
  const called = [];
  client.send('first');
  for (let i = 0; i < 40; i++) {
    client.send(Buffer.alloc(MEGABYTE), (error) => {
      called.push(i);
      if (error) throw new Error(error.code);
    });
  }
  process.on('exit', () => console.log(`called ${called}`));
  setImmediate(() => client.terminate());
}
