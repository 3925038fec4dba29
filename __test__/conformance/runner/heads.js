'use strict';

const { setImmediate: nextTurn } = require('node:timers/promises');

module.exports = { readHead, writeIn };

/**
 * Reads the head of a request or a response; `null` if the connection ends
 * before that.
 *
 * @param {import('node:net').Socket} socket
 * @returns {Promise<{ head: { startLine: string, headers: Map<string, string>, text: string } | null, rest: Buffer }>}
 */
function readHead(socket) {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const none = () => resolve({ head: null, rest: received });
    socket.on('error', none);
    socket.once('close', none);
    socket.on('data', function collect(chunk) {
      received = Buffer.concat([received, chunk]);
      const end = received.indexOf('\r\n\r\n');
      if (end === -1) return;
      socket.removeListener('data', collect);
      socket.removeListener('close', none);
      resolve({
        head: parse(received.toString('latin1', 0, end)),
        rest: received.subarray(end + 4),
      });
    });
  });
}

/**
 * Writes bytes in pieces, each in a turn of its own.
 *
 * @param {number} size of a piece
 * @param {Buffer} bytes
 * @param {import('node:net').Socket} socket
 */
async function writeIn(size, bytes, socket) {
  socket.setNoDelay(true);
  for (let at = 0; at < bytes.length && socket.writable; at += size) {
    socket.write(bytes.subarray(at, at + size));
    await nextTurn();
  }
}

function parse(text) {
  const [startLine, ...lines] = text.split('\r\n');
  const headers = new Map();
  for (const line of lines) {
    const [, name, value] = /^([^:]*):\s*(.*?)\s*$/.exec(line);
    headers.set(name.toLowerCase(), value);
  }
  return { startLine, headers, text };
}
