'use strict';

const net = require('node:net');
const { dial, switching } = require('../support/dialling');

const MARKERS = ['tick', 'microtask', 'immediate'];

/** How the server fails to answer; `partial` is the beginning of a right response. */
const ENDINGS = {
  'nothing, and the end': ({ socket }) => socket.end(),
  'nothing, and a reset': ({ socket }) => socket.resetAndDestroy(),
  'a part, and the end': ({ socket, partial }) => socket.end(partial),
  'the status line, and the end': ({ socket }) =>
    socket.end('HTTP/1.1 101 S\r\n'),
  garbage: ({ socket }) => socket.write('garbage\r\n\r\n'),
  'garbage, and the end': ({ socket }) => socket.end('garbage\r\n\r\n'),
  'a frame': ({ socket }) => socket.end(Buffer.from([0x81, 0x01, 0x61])),
  'a bad version': ({ socket }) => socket.write('HTTP/9.9 101 S\r\n\r\n'),
  'a bad status': ({ socket }) => socket.write('HTTP/1.1 abc S\r\n\r\n'),
  'a bad header': ({ socket }) =>
    socket.write('HTTP/1.1 101 S\r\nbad header\r\n\r\n'),
  'a NUL in a header': ({ socket }) =>
    socket.write('HTTP/1.1 101 S\r\nA: \0\r\n\r\n'),
  'two lengths': ({ socket }) =>
    socket.write(
      'HTTP/1.1 200 S\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    ),
  'a short body': ({ socket }) =>
    socket.end('HTTP/1.1 200 S\r\nContent-Length: 9\r\n\r\nhalf'),
  'headers without end': ({ socket }) =>
    socket.write(`HTTP/1.1 101 S\r\nA: ${'a'.repeat(20_000)}`),
};

module.exports = [
  ...Object.entries(ENDINGS).map(([what, respond]) => ({
    name: `in place of a response: ${what}`,
    async play(t) {
      const { url } = await t.rawServer(({ accept, socket }) => {
        respond({ socket, partial: switching(accept).slice(0, 60) });
      });
      const client = dial(t, [url], { markers: MARKERS });
      client.on('error', (error) => {
        t.note('keys', Object.keys(error).sort());
        t.properties(error, ['errno', 'syscall', 'reason', 'bytesParsed']);
      });
      await t.until('~ immediate after subject close');
      t.properties(client, ['readyState', '_req', '_socket', 'url']);
    },
  })),
  {
    name: 'a reset within the response',
    async play(t) {
      const { url } = await t.rawServer(({ accept, socket }) => {
        socket.write(switching(accept).slice(0, 60), () => {
          setTimeout(() => socket.resetAndDestroy(), 20);
        });
      });
      dial(t, [url]);
      await t.until('subject close');
    },
  },
  {
    name: 'what is larger than maxHeaderSize',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) =>
        switching(accept, [`X-Long: ${'x'.repeat(1000)}`]),
      );
      dial(t, [url, { maxHeaderSize: 500 }]);
      await t.until('subject close');
      dial(t, [url, { maxHeaderSize: 2000 }]);
      await t.until('subject open');
    },
  },
  {
    name: 'insecureHTTPParser lets through what is refused otherwise',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) =>
        switching(accept, ['X-Strange: a\x01b']),
      );
      dial(t, [url]);
      await t.until('subject close');
      dial(t, [url, { insecureHTTPParser: true }]);
      await t.until('subject open');
    },
  },
  {
    name: 'handshakeTimeout, with nothing from the server',
    async play(t) {
      const { url } = await t.rawServer(() => {});
      const client = dial(t, [url, { handshakeTimeout: 80 }], {
        markers: MARKERS,
      });
      t.note('timeout', client._req.timeout);
      await t.until('~ immediate after subject close');
      t.properties(client, ['readyState', '_req', '_errorEmitted']);
      await t.settle();
    },
  },
  {
    name: 'handshakeTimeout, while finishRequest keeps the request back',
    async play(t) {
      const server = net.createServer();
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address();
      t.hidePort(port);
      t.after(() => server.close());
      dial(t, [
        `ws://127.0.0.1:${port}`,
        { handshakeTimeout: 20, finishRequest: t.callback('finishRequest') },
      ]);
      await t.until('subject close');
    },
  },
  {
    name: 'handshakeTimeout, while the address is looked up',
    async play(t) {
      dial(t, [
        'ws://somewhere.test',
        { handshakeTimeout: 20, lookup: () => {} },
      ]);
      await t.until('subject close');
    },
  },
  {
    name: 'handshakeTimeout ends with the handshake',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      const client = dial(t, [url, { handshakeTimeout: 5000 }]);
      await t.until('subject open');
      t.properties(client._socket, ['timeout']);
      t.note('listeners', client._socket.listenerCount('timeout'));
      t.properties(client, ['readyState']);
    },
  },
  ...[0, null, undefined, NaN, false, '', 5000.5].map((handshakeTimeout) => ({
    name: `handshakeTimeout ${handshakeTimeout === '' ? 'empty' : handshakeTimeout}`,
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      const client = dial(t, [url, { handshakeTimeout }]);
      if (client) {
        t.note('listeners', client._req.listenerCount('timeout'));
        await t.until(/^subject (?:open|close)/);
      }
    },
  })),
  {
    name: 'handshakeTimeout, and a listener that expects the response',
    async play(t) {
      const { url } = await t.rawServer(
        () => 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n',
      );
      dial(t, [url, { handshakeTimeout: 80 }], {
        also: ['unexpected-response'],
      });
      await t.until('subject close');
    },
  },
  {
    name: 'a signal that is aborted: before, while connecting, when open',
    async play(t) {
      const { url } = await t.rawServer(({ accept, number }) =>
        number > 1 ? switching(accept) : undefined,
      );
      dial(t, [url, { signal: AbortSignal.abort() }]);
      await t.until('subject close');

      const early = new AbortController();
      dial(t, [url, { signal: early.signal }]);
      await t.until('request', { lane: 'raw' });
      early.abort(new RangeError('own reason'));
      await t.until('subject close', { count: 2 });

      const late = new AbortController();
      const client = dial(t, [url, { signal: late.signal }]);
      await t.until('subject open');
      late.abort();
      await t.settle();
      t.properties(client, ['readyState']);
      t.note('destroyed', client._socket?.destroyed);
    },
  },
  {
    name: 'a signal that is aborted in the turn of the constructor',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      const controller = new AbortController();
      dial(t, [url, { signal: controller.signal }], { markers: MARKERS });
      controller.abort();
      await t.until('~ immediate after subject close');
    },
  },
];
