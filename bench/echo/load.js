'use strict';

/*
 * The load generator: raw sockets, and one frame that is masked once. It keeps a number of messages in flight on each
 * connection, counts the bytes that come back, and stays much cheaper than the servers that it drives.
 *
 *   node load.js PORT CONNECTIONS IN_FLIGHT BYTES
 *
 * Over IPC it tells when every connection has had its first echo.
 */

const net = require('node:net');

const [port, connections, inFlight, bytes] = process.argv.slice(2).map(Number);
const frame = buildFrame(bytes);
/** A server's frame has no masking key. */
const echoSize = frame.length - 4;

let waiting = connections;

for (let i = 0; i < connections; i++) connect();

function connect() {
  const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });

  socket.on('error', () => process.exit(0));
  socket.on('close', () => process.exit(0));
  socket.write(
    'GET / HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  socket.once('data', (head) => {
    if (!head.toString('latin1').startsWith('HTTP/1.1 101')) process.exit(1);
    drive(socket);
  });
}

function drive(socket) {
  const batches = Array.from({ length: inFlight + 1 }, (_, count) =>
    Buffer.concat(Array(count).fill(frame)),
  );
  let received = 0;
  let first = true;

  socket.on('data', (chunk) => {
    received += chunk.length;

    const echoes = Math.floor(received / echoSize);
    if (echoes === 0) return;

    received -= echoes * echoSize;
    socket.write(batches[echoes]);

    if (first) {
      first = false;
      if (--waiting === 0) process.send('ready');
    }
  });
  socket.write(batches[inFlight]);
}

/**
 * @param {number} length of the payload
 * @returns {Buffer} a masked binary frame
 */
function buildFrame(length) {
  const key = Buffer.from([0x12, 0x34, 0x56, 0x78]);
  const payload = Buffer.alloc(length, (i) => i);
  let header;

  if (length < 126) header = Buffer.from([0x82, 0x80 | length]);
  else if (length < 65536) {
    header = Buffer.from([0x82, 0x80 | 126, length >> 8, length & 0xff]);
  } else {
    header = Buffer.alloc(10);
    header[0] = 0x82;
    header[1] = 0x80 | 127;
    header.writeUIntBE(length, 4, 6);
  }

  for (let i = 0; i < length; i++) payload[i] = (i & 0xff) ^ key[i & 3];
  return Buffer.concat([header, key, payload]);
}
