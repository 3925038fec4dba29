'use strict';

const net = require('node:net');
const { acceptKeyFor } = require('../../support/raw-peer');
const { within } = require('../../support/waiting');

module.exports = { exchange, rawServer, answerRequests };

/**
 * Sends bytes to a server and notes, in the lane `raw`, all that comes back, and whether
 * the server then ends the connection. An answer is over when the connection is, or
 * with its `Content-Length`, or with the headers of a 101.
 *
 * @param {ScenarioContext} t
 * @param {number} port
 * @param {string | Buffer | string[]} request as lines, without the empty one at the end, or whole
 * @returns {Promise<{ answer: string, socket: net.Socket }>}
 */
async function exchange(t, port, request) {
  const socket = net.connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  const bytes = Array.isArray(request)
    ? `${request.join('\r\n')}\r\n\r\n`
    : request;
  socket.write(bytes);

  let answer = '';
  const isOver = await within(
    new Promise((resolve) => {
      socket.on('data', (chunk) => {
        answer += chunk.toString('latin1');
        if (isWhole(answer)) resolve(false);
      });
      socket.once('close', () => resolve(true));
    }),
    () => `no whole answer, only ${JSON.stringify(answer)}`,
  );
  t.lane('raw').note(isOver ? 'answer and end' : 'answer', answer);
  return { answer, socket };
}

/**
 * Starts a server that answers each request with the bytes it is told to.
 *
 * @param {ScenarioContext} t
 * @param {(request: { text: string, accept: string, socket: net.Socket, number: number }) => string | Buffer | void} respond
 *     what it returns is written; `accept` is the right `Sec-WebSocket-Accept`
 * @returns {Promise<{ port: number, url: string }>}
 */
async function rawServer(t, respond) {
  const server = net.createServer();
  answerRequests(t, server, 'connection', respond);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  t.hidePort(port);
  return { port, url: `ws://127.0.0.1:${port}` };
}

/**
 * Has a server answer each request, note it in the lane `raw`, and end with the scenario.
 *
 * @param {ScenarioContext} t
 * @param {net.Server} server
 * @param {'connection' | 'secureConnection'} event with which its sockets come
 * @param {(request: object) => string | Buffer | void} respond see `rawServer()`
 */
function answerRequests(t, server, event, respond) {
  const lane = t.lane('raw');
  const sockets = new Set();
  let number = 0;
  server.on(event, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let text = '';
    socket.on('data', function collect(chunk) {
      text += chunk.toString('latin1');
      if (!text.includes('\r\n\r\n')) return;
      socket.removeListener('data', collect);
      socket.resume();
      lane.note('request', text);
      const accept = /^sec-websocket-key:/im.test(text)
        ? acceptKeyFor(text)
        : '';
      const answer = respond({ text, accept, socket, number: ++number });
      if (answer) socket.write(answer);
    });
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
}

function isWhole(answer) {
  const end = answer.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const head = answer.slice(0, end);
  // An answer that announces its end by ending the connection is not whole before.
  if (/^connection: close/im.test(head)) return false;
  const length = /^content-length: *(\d+)/im.exec(head)?.[1] ?? 0;
  return answer.length >= end + 4 + Number(length);
}
