'use strict';

// A client's listener throws on the first of two messages, which come in one chunk.

const { Sender } = require('../../..');
const { connect } = require('./connection');

if (process.argv[2] === 'handled') {
  process.on('uncaughtException', ({ message }) => {
    console.log(`caught: ${message}`);
  });
}

connect(({ client, server, wss }) => {
  client.on('message', (data) => {
    if (data.toString() === 'throw') throw new Error('thrown by a listener');
    console.log(`message: ${data}`);
    client.close();
    wss.close();
  });
  server._socket.write(Buffer.concat([...frame('throw'), ...frame('next')]));
});

function frame(text) {
  return Sender.frame(Buffer.from(text), {
    fin: true,
    mask: false,
    opcode: 1,
    readOnly: true,
    rsv1: false,
  });
}
