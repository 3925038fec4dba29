'use strict';

// Connects to the URL and does what the mode says with the end of the process.

const net = require('node:net');
const { WebSocket } = require('../subject');

/** More than systems keep of what a peer does not read. */
const MUCH = 32 * 1024 * 1024;

const [url, mode] = process.argv.slice(2);
const options = mode === 'unref before' ? { createConnection } : {};
const client = new WebSocket(url, options);

const modes = {
  stay() {
    console.log('open');
  },
  'pause for a while'() {
    client.pause();
    client.send('paused');
    // Does not keep the process alive itself.
    setTimeout(() => {
      console.log('resumed');
      client.resume();
    }, 200).unref();
  },
  unref() {
    client._socket.unref();
    console.log('open');
  },
  'unref and ref'() {
    client._socket.unref();
    client._socket.ref();
    console.log('open');
  },
  'send and exit'() {
    client.send('first');
    client.send(Buffer.alloc(1000, 'x'));
    client.send('last');
    process.exit(0);
  },
  'send and unref'() {
    for (let i = 0; i < 100; i++) client.send(`message ${i}`);
    client._socket.unref();
  },
  'unref and send much'() {
    client._socket.unref();
    client.send(Buffer.alloc(MUCH), () => console.log('written'));
  },
  'unref and terminate'() {
    client._socket.unref();
    client.terminate();
  },
  'unref and end'() {
    client._socket.unref();
    client.send('before the end');
    client._socket.end(() => console.log('ended'));
  },
  'unref before': () => console.log('open'),
  'close and end'() {
    client.send('before the close');
    client.close(1000, 'natural end');
  },
  'send in exit listener'() {
    process.on('exit', () => client.send('from the exit listener'));
    process.exit(0);
  },
  'send and throw'() {
    client.send('before the exception');
    throw new Error('end of the program');
  },
};

client.on('open', modes[mode]);
client.on('message', (data) => console.log(`message ${data}`));
client.on('close', (code) => console.log(`closed ${code}`));

function createConnection({ host, port }) {
  return net.connect({ host, port }).unref();
}

// The handshake has to come to its end.
if (mode === 'unref before') {
  const alive = setInterval(() => {}, 1000);

  client.once('open', () => clearInterval(alive));
}
