'use strict';

/*
 * The thread of far-sockets.js. What it is told to do and wait for is counted in shared memory when it is done; what comes
 * is posted.
 */

const net = require('node:net');
const { parentPort, workerData: done } = require('node:worker_threads');

/** @type {Map<number, net.Socket>} */
const sockets = new Map();

const COMMANDS = {
  dial({ id, port }) {
    const socket = net.connect(port, '127.0.0.1');
    follow(id, socket);
    socket.once('connect', tellOnce(socket));
  },

  listen({ id }) {
    const server = net.createServer((socket) => {
      server.close();
      follow(id, socket);
      parentPort.postMessage({ id, event: 'connect' });
    });
    server.unref();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      parentPort.postMessage({ id, event: 'listening', value: port });
    });
  },

  write({ id, bytes, end }) {
    const socket = sockets.get(id);
    const tell = tellOnce(socket);
    socket?.write(bytes, () => {
      if (end === 'FIN') socket.end(tell);
      else if (end === 'RST') socket.resetAndDestroy();
      else tell();
    });
  },

  /** Says when what has reached this thread by now has been posted. */
  look({ id }) {
    const post = () => parentPort.postMessage({ id, event: 'looked' });
    // One turn of the loop has begun already, and may have polled before.
    setImmediate(() => setImmediate(post));
  },

  leave({ id, how }) {
    sockets.get(id)?.[how]();
  },
};

parentPort.on('message', ({ command, ...details }) =>
  COMMANDS[command](details),
);

function follow(id, socket) {
  const post = (event, value) => parentPort.postMessage({ id, event, value });
  sockets.set(id, socket);
  socket.setNoDelay(true);
  socket.on('data', (bytes) => post('data', bytes));
  socket.on('end', () => post('end'));
  socket.on('error', () => {});
  socket.on('close', () => {
    sockets.delete(id);
    post('close');
  });
}

/** Counts one command as done, also if the socket is lost first. */
function tellOnce(socket) {
  let isTold = false;
  const tell = () => {
    if (isTold) return;
    isTold = true;
    Atomics.add(done, 0, 1);
    Atomics.notify(done, 0);
  };
  if (socket) socket.once('close', tell);
  else tell();
  return tell;
}
