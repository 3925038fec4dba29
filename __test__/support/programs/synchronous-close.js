'use strict';

// Serves streams that emit 'close' while they are being destroyed, to listeners
// that terminate the connection and throw.

const { Duplex } = require('node:stream');
const { WebSocketServer } = require('../subject');

const ROUNDS = 500;
const MESSAGES = 4;

const wss = new WebSocketServer({ noServer: true });
let rounds = 0;
let heard = 0;

process.on('uncaughtException', (error) => {
  if (error.message !== 'thrown by a listener') {
    console.error(error);
    process.exit(1);
  }
});
nextRound();

function nextRound() {
  if (rounds++ === ROUNDS) {
    console.log(`${heard} of ${ROUNDS} connections heard a message`);
    return;
  }
  const stream = createStream();
  wss.handleUpgrade(
    requestOn(stream),
    stream,
    Buffer.alloc(0),
    (connection) => {
      let messages = 0;
      connection.on('message', () => {
        if (++messages === 1) heard++;
        connection.terminate();
        throw new Error('thrown by a listener');
      });
      const frame = Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x61]);
      stream.push(Buffer.concat(Array(MESSAGES).fill(frame)));
    },
  );
  setImmediate(nextRound);
}

function createStream() {
  const stream = new Duplex({
    emitClose: false,
    read() {},
    write(chunk, encoding, callback) {
      callback();
    },
  });
  stream.destroy = () => {
    stream.emit('close');
    return stream;
  };
  return stream;
}

function requestOn(socket) {
  return {
    method: 'GET',
    socket,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAECAwQFBgcICQoLDA0ODw==',
    },
  };
}
