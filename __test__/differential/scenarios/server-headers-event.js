'use strict';

const { once } = require('node:events');
const net = require('node:net');

const { buildFrame, OPCODE } = require('../../support/frames');
const { upgradeRequest } = require('../../support/upgrade-request');

const CLOSE_FRAME = Buffer.from([0x88, 0x00]);

module.exports = [
  {
    name: 'headers, connection and open: their order and arguments',
    async play(t) {
      const { wss, port } = await t.server({ perMessageDeflate: true });
      let seen;
      wss.on('headers', function onHeaders(lines, request, ...rest) {
        seen = request;
        t.note('headers', lines, request, rest, this === wss);
        t.note('clients', wss.clients.size, request.socket.bytesWritten);
        t.markers('headers');
      });
      wss.on('connection', function onConnection(websocket, request, ...rest) {
        t.note('connection', websocket, request === seen, rest, this === wss);
        t.note('clients', wss.clients.size, wss.clients.has(websocket));
        t.note('is a', websocket instanceof t.ws.WebSocket);
        t.note('socket', websocket._socket === request.socket);
        t.properties(websocket);
        t.watch(websocket, 'subject');
        t.markers('connection');
      });
      await t.exchange(
        port,
        upgradeRequest({
          'Sec-WebSocket-Protocol': 'one, two',
          'Sec-WebSocket-Extensions': 'permessage-deflate',
        }),
      );
      await t.until('~ immediate after connection');
    },
  },
  ...[
    ['adds a line', (lines) => lines.push('X-Added: yes')],
    [
      'adds a field twice',
      (lines) => lines.push('Set-Cookie: a', 'Set-Cookie: b'),
    ],
    ['changes the status line', (lines) => (lines[0] = 'HTTP/1.1 101 Sure')],
    ['takes lines away', (lines) => lines.splice(1, 2)],
    ['takes all away', (lines) => (lines.length = 0)],
    ['adds no strings', (lines) => lines.push(1, null, undefined, ['a', 'b'])],
    ['adds an empty line', (lines) => lines.push('', 'X-Body: so to speak')],
    ['adds one beyond ASCII', (lines) => lines.push('X-Text: ü€')],
    ['adds a long one', (lines) => lines.push(`X-Long: ${'x'.repeat(70_000)}`)],
  ].map(([name, change]) => ({
    name: `a headers listener ${name}`,
    async play(t) {
      const { wss, port } = await t.server();
      wss.on('headers', (lines) => change(lines));
      wss.on('connection', (websocket, { socket }) => {
        t.note('connection', socket.bytesWritten);
        websocket.send('behind the answer');
        websocket.close();
      });
      await readAll(t, port);
    },
  })),
  {
    name: 'a headers listener writes by itself, before the answer',
    async play(t) {
      const { wss, port } = await t.server();
      wss.on('headers', (lines, { socket }) => {
        socket.write('HTTP/1.1 103 Early Hints\r\n\r\n');
      });
      wss.on('connection', (websocket, { socket }) => {
        t.note('bytes', socket.bytesWritten);
        websocket.send('a');
        socket.write(buildFrame({ opcode: OPCODE.TEXT, payload: 'b' }));
        websocket.send('c');
        websocket.close();
      });
      await readAll(t, port);
    },
  },
  {
    name: 'a headers listener corks the socket',
    async play(t) {
      const { wss, port } = await t.server();
      wss.on('headers', (lines, { socket }) => {
        socket.cork();
        setImmediate(() => {
          t.note('uncork');
          socket.uncork();
        });
      });
      wss.on('connection', (websocket) => {
        websocket.send('a');
        websocket.close();
      });
      await readAll(t, port);
    },
  },
  ...['destroy', 'end', 'pause'].map((method) => ({
    name: `a headers listener calls ${method}() of the socket`,
    async play(t) {
      t.catchUncaught();
      const { wss, port } = await t.server();
      wss.on('headers', (lines, { socket }) => {
        t.call(method, () => socket[method]());
      });
      wss.on('connection', (websocket) => {
        t.properties(websocket);
        t.watch(websocket, 'subject');
        if (method === 'pause') setImmediate(() => websocket.close());
      });
      await readAll(t, port);
      await t.until('subject close');
      t.note('clients', wss.clients.size);
    },
  })),
  {
    name: 'a headers listener throws',
    async play(t) {
      t.catchUncaught();
      const { wss, port } = await t.server();
      wss.on('headers', (lines, { socket }) => {
        setImmediate(() => {
          t.note('listeners', socket.listenerCount('error'), wss.clients.size);
          socket.destroy();
        });
        throw new Error('of the listener');
      });
      wss.on('connection', t.callback('connection'));
      await readAll(t, port);
    },
  },
  {
    name: 'a connection listener throws',
    async play(t) {
      t.catchUncaught();
      const { wss, port } = await t.server();
      wss.on('connection', (websocket) => {
        t.watch(websocket, 'subject');
        setImmediate(() => websocket.close());
        throw new Error('of the listener');
      });
      await readAll(t, port);
      await t.until('subject close');
    },
  },
];

/** Notes all that a server ever writes on a connection. */
async function readAll(t, port) {
  const socket = net.connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  socket.write(`${upgradeRequest().join('\r\n')}\r\n\r\n`);
  const chunks = [];
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    // A close frame is the last thing that comes: this ends the connection.
    if (Buffer.concat(chunks).includes(CLOSE_FRAME)) socket.end();
  });
  await once(socket, 'close');
  t.lane('raw').note('all', Buffer.concat(chunks).toString('latin1'));
}
