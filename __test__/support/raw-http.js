'use strict';

const net = require('node:net');

const { within } = require('./waiting');

/**
 * Sends bytes to an HTTP server and reads what it answers: until it closes the connection, or, if
 * that is an upgrade, the head.
 *
 * @param {import('node:test').TestContext} t
 * @param {number} port
 * @param {string | Buffer | string[]} request an array is a head, line by line, without its end
 * @returns {Promise<{ status: number, head: string, lines: string[], body: string, ended: boolean }>}
 */
function exchange(t, port, request) {
  const socket = net.connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  socket.write(
    Array.isArray(request) ? [...request, '\r\n'].join('\r\n') : request,
    'latin1',
  );

  let received = '';
  const answer = new Promise((resolve) => {
    socket.setEncoding('latin1');
    socket.on('data', (text) => {
      received += text;
      if (/^HTTP\/1\.1 101 .*\r\n\r\n/s.test(received)) {
        resolve(parse(received, false));
      }
    });
    socket.once('close', () => resolve(parse(received, true)));
  });

  return within(answer, () => `no answer: ${received}`);
}

module.exports = { exchange };

function parse(received, ended) {
  const [head, ...rest] = received.split('\r\n\r\n');
  const lines = head.split('\r\n');
  const status = Number(lines[0].split(' ')[1] ?? 0);

  return { status, head, lines, body: rest.join('\r\n\r\n'), ended };
}
