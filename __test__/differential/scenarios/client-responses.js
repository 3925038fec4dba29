'use strict';

const { OPCODE, buildFrame, closePayload } = require('../../support/frames');
const { dial, switching } = require('../support/dialling');

const MARKERS = ['tick', 'microtask', 'immediate'];
const TEXT = buildFrame({ opcode: OPCODE.TEXT, payload: 'early' });
const PING = buildFrame({ opcode: OPCODE.PING, payload: 'ping' });
const CLOSE = buildFrame({
  opcode: OPCODE.CLOSE,
  payload: closePayload(4000, 'early'),
});

const head = (...lines) => `${lines.join('\r\n')}\r\n\r\n`;
const upgradeWith = (value) => (accept) =>
  head(
    'HTTP/1.1 101 Switching Protocols',
    ...(value === undefined ? [] : [`Upgrade: ${value}`]),
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
  );
const connectionWith = (value) => (accept) =>
  switching(accept).replace(
    /Connection: .*\r\n/,
    value === undefined ? '' : `Connection: ${value}\r\n`,
  );

/** What the server answers, and with which arguments the client was made. */
const RESPONSES = {
  right: (accept) => switching(accept),
  'Upgrade in capitals': upgradeWith('WEBSOCKET'),
  'Upgrade with white space': upgradeWith('  websocket \t'),
  'Upgrade to something else': upgradeWith('h2c'),
  'Upgrade to several': upgradeWith('websocket, h2c'),
  'Upgrade empty': upgradeWith(''),
  'Upgrade twice': upgradeWith('websocket\r\nUpgrade: websocket'),
  'Connection in small letters': connectionWith('upgrade'),
  'Connection with more': connectionWith('keep-alive, Upgrade'),
  'no Accept': (accept) => switching(accept).replace(/Sec-.*\r\n/, ''),
  'Accept empty': () => switching(''),
  'Accept wrong': () => switching('wrong'),
  'Accept in other case': (accept) => switching(accept.toLowerCase() + 'X'),
  'Accept with white space': (accept) => switching(`  ${accept}\t `),
  'Accept twice': (accept) =>
    switching(`${accept}\r\nSec-WebSocket-Accept: ${accept}`),
  'names in small letters': (accept) =>
    switching(accept).toLowerCase().replace(accept.toLowerCase(), accept),
  'a reason of its own': (accept) =>
    switching(accept).replace('Switching Protocols', 'Whatever you like'),
  'no reason': (accept) =>
    switching(accept).replace(' Switching Protocols', ''),
  'HTTP 1.0': (accept) => switching(accept).replace('HTTP/1.1', 'HTTP/1.0'),
  'HTTP 2.0': (accept) => switching(accept).replace('HTTP/1.1', 'HTTP/2.0'),
  'Content-Length': (accept) =>
    switching(accept, ['Content-Length: 5']) + 'hello',
  chunked: (accept) => switching(accept, ['Transfer-Encoding: chunked']),
  'headers of no meaning': (accept) =>
    switching(accept, [
      'Set-Cookie: a=b',
      'Set-Cookie: c=d',
      'X-A: 1',
      'X-A: 2',
      'Date: today',
    ]),
  'a version in the response': (accept) =>
    switching(accept, ['Sec-WebSocket-Version: 8']),
  'continue first': (accept) =>
    `${head('HTTP/1.1 100 Continue')}${switching(accept)}`,
  'processing first': (accept) =>
    `${head('HTTP/1.1 102 Processing')}${switching(accept)}`,
  'hints first': (accept) =>
    `${head('HTTP/1.1 103 Early Hints', 'Link: </a>; rel=preload')}${switching(accept)}`,
  'a subprotocol nobody asked for': (accept) =>
    switching(accept, ['Sec-WebSocket-Protocol: chat']),
  'an empty subprotocol nobody asked for': (accept) =>
    switching(accept, ['Sec-WebSocket-Protocol:']),
  'an extension nobody knows': (accept) =>
    switching(accept, ['Sec-WebSocket-Extensions: permessage-foo']),
  'an extension, and one nobody knows': (accept) =>
    switching(accept, [
      'Sec-WebSocket-Extensions: permessage-deflate, permessage-foo',
    ]),
  'an extension twice': (accept) =>
    switching(accept, [
      'Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate',
    ]),
  'an extension in two lines': (accept) =>
    switching(accept, [
      'Sec-WebSocket-Extensions: permessage-deflate',
      'Sec-WebSocket-Extensions: permessage-deflate',
    ]),
  'an extension in capitals': (accept) =>
    switching(accept, ['Sec-WebSocket-Extensions: Permessage-Deflate']),
  'extensions empty': (accept) =>
    switching(accept, ['Sec-WebSocket-Extensions:']),
  'extensions malformed': (accept) =>
    switching(accept, ['Sec-WebSocket-Extensions: permessage-deflate;']),
  'extensions malformed, and Accept wrong': () =>
    switching('wrong', [
      'Sec-WebSocket-Extensions: ;',
      'Sec-WebSocket-Protocol: chat',
    ]),
  'extensions malformed, and a subprotocol': (accept) =>
    switching(accept, [
      'Sec-WebSocket-Extensions: ;',
      'Sec-WebSocket-Protocol: chat',
    ]),
  'extension name of Object': (accept) =>
    switching(accept, ['Sec-WebSocket-Extensions: __proto__, constructor']),
};

const SUBPROTOCOLS = {
  none: [],
  'the first': ['Sec-WebSocket-Protocol: one'],
  'the second': ['Sec-WebSocket-Protocol: two'],
  both: ['Sec-WebSocket-Protocol: one,two'],
  'both, in two lines': [
    'Sec-WebSocket-Protocol: one',
    'Sec-WebSocket-Protocol: two',
  ],
  'one nobody asked for': ['Sec-WebSocket-Protocol: three'],
  'in other case': ['Sec-WebSocket-Protocol: One'],
  empty: ['Sec-WebSocket-Protocol:'],
  'with white space': ['Sec-WebSocket-Protocol: \t two  '],
};

/** Not the beginning of a connection. */
const STATUSES = {
  200: ['HTTP/1.1 200 OK', 'Content-Length: 5'],
  204: ['HTTP/1.1 204 No Content'],
  300: [
    'HTTP/1.1 300 Multiple Choices',
    'Location: /there',
    'Content-Length: 0',
  ],
  304: ['HTTP/1.1 304 Not Modified'],
  401: [
    'HTTP/1.1 401 Unauthorized',
    'WWW-Authenticate: Basic',
    'Connection: close',
  ],
  426: [
    'HTTP/1.1 426 Upgrade Required',
    'Upgrade: websocket',
    'Content-Length: 5',
  ],
  500: ['HTTP/1.1 500 Error', 'Transfer-Encoding: chunked'],
  999: ['HTTP/1.1 999 Whatever', 'Content-Length: 5'],
  '200 with all of an upgrade': [
    'HTTP/1.1 200 OK',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Content-Length: 5',
  ],
};

/** What comes right behind the response, in the same segment. */
const FOLLOWERS = {
  'a message': [TEXT],
  'two messages and a ping': [TEXT, PING, TEXT],
  'a close frame': [CLOSE],
  'a message and a close frame': [TEXT, CLOSE],
  'a reserved opcode': [TEXT, buildFrame({ opcode: 3 })],
  'a masked frame': [
    buildFrame({ opcode: OPCODE.TEXT, payload: 'x', mask: true }),
  ],
  'half a frame': [TEXT.subarray(0, 3)],
  'another response': [Buffer.from('HTTP/1.1 200 OK\r\n\r\n')],
};

module.exports = [
  ...Object.entries(RESPONSES).map(([what, respond]) => ({
    name: `a response: ${what}`,
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => respond(accept));
      dial(t, [url], { markers: MARKERS });
      await t.until(/^~ immediate after subject (?:open|close)/);
    },
  })),
  ...[undefined, 'close', 'keep-alive'].map((value) => ({
    name: `a 101 that is none: Connection ${value}`,
    async play(t) {
      const { url } = await t.rawServer(({ accept, socket }) => {
        socket.end(connectionWith(value)(accept));
      });
      dial(t, [url], {
        prepare: (client) =>
          client._req.on('information', (info) =>
            t.note('information', info.statusCode, info.headers),
          ),
      });
      await t.until('subject close');
    },
  })),
  {
    name: 'a 101 that is none: no Upgrade header',
    async play(t) {
      const { url } = await t.rawServer(({ accept, socket }) => {
        socket.end(upgradeWith()(accept));
      });
      dial(t, [url]);
      await t.until('subject close');
    },
  },
  ...Object.entries(SUBPROTOCOLS).map(([which, lines]) => ({
    name: `subprotocols were asked for, and the server takes ${which}`,
    async play(t) {
      const { url } = await t.rawServer(({ accept }) =>
        switching(accept, lines),
      );
      dial(t, [url, ['one', 'two']]);
      await t.until(/^subject (?:open|close)/);
    },
  })),
  {
    name: 'without an offer of extensions, none may be accepted',
    async play(t) {
      const { url } = await t.rawServer(({ accept, number }) =>
        switching(accept, [
          `Sec-WebSocket-Extensions: ${['permessage-deflate', '', ';'][number - 1]}`,
        ]),
      );
      for (const count of [1, 2, 3]) {
        dial(t, [url, { perMessageDeflate: false }]);
        await t.until('subject close', { count });
      }
    },
  },
  ...Object.entries(STATUSES).flatMap(([status, lines]) => {
    const body = /chunked/.test(lines) ? '5\r\nhello\r\n0\r\n\r\n' : 'hello';
    const response =
      head(...lines) + (/Length: 5|chunked|close/.test(lines) ? body : '');
    const respond = ({ socket }) =>
      /close/.test(lines) ? void socket.end(response) : response;
    return [
      {
        name: `status ${status}, which nobody listens for`,
        async play(t) {
          const { url } = await t.rawServer(respond);
          dial(t, [url], { markers: MARKERS });
          await t.until('~ immediate after subject close');
        },
      },
      {
        name: `status ${status}, with a listener`,
        async play(t) {
          const { url } = await t.rawServer(respond);
          const client = dial(t, [url], { also: ['unexpected-response'] });
          const read = new Promise((resolve) => {
            client.on('unexpected-response', (req, res) => {
              t.note('same request', req === client._req, req.aborted);
              t.note(
                'response',
                res.statusCode,
                res.statusMessage,
                res.headers,
              );
              res.setEncoding('utf8');
              res.on('data', (text) => t.note('body', text));
              res.on('end', resolve);
            });
          });
          await read;
          await t.settle();
          t.properties(client, ['readyState', '_req']);
          t.call('close', () => client.close());
          await t.until('subject close');
        },
      },
    ];
  }),
  ...Object.entries({
    'closes the client': (client) => client.close(4000, 'no'),
    'terminates the client': (client) => client.terminate(),
    'destroys the request': (client, req) => req.destroy(),
    'destroys the request with an error': (client, req) =>
      req.destroy(new RangeError('own')),
    'aborts the request': (client, req) => req.abort(),
    'destroys the response': (client, req, res) => res.destroy(),
    'destroys the response with an error': (client, req, res) =>
      res.on('error', () => {}).destroy(new RangeError('own')),
    'destroys the socket': (client, req) => req.socket.destroy(),
    'destroys the request, then closes the client': (client, req) => {
      req.destroy();
      client.close();
    },
    'emits an error and closes itself': (client) => {
      client.emit('error', new Error('own'));
      client.emitClose();
    },
    throws() {
      throw new Error('thrown by the listener');
    },
  }).map(([what, act]) => ({
    name: `a listener for the unexpected response that ${what}`,
    async play(t) {
      t.catchUncaught();
      const { url } = await t.rawServer(() =>
        head('HTTP/1.1 404 Not Found', 'Content-Length: 100'),
      );
      const client = dial(t, [url], { markers: MARKERS });
      client.once('unexpected-response', (req, res) => {
        t.note('unexpected-response', res.statusCode);
        t.call('act', () => void act(client, req, res));
        t.properties(client, ['readyState', '_req', '_errorEmitted']);
      });
      await t.until('act');
      await t.settle();
      await t.settle();
      t.properties(client, ['readyState', '_req', '_errorEmitted']);
    },
  })),
  ...Object.entries(FOLLOWERS).map(([what, frames]) => ({
    name: `in the segment of the response comes ${what}`,
    async play(t) {
      const { url } = await t.rawServer(({ accept, socket }) => {
        socket.write(
          Buffer.concat([Buffer.from(switching(accept)), ...frames]),
        );
        socket.on('end', () => socket.end());
      });
      const client = dial(t, [url]);
      client.on('open', () => t.properties(client._socket, ['bytesRead']));
      await t.until('subject open');
      await t.turn();
      await t.turn();
      if (/close|opcode|masked|response/.test(what)) {
        await t.until('subject close');
      } else if (/message/.test(what)) {
        await t.until(/^subject (?:message|ping)/, { count: frames.length });
      }
      t.properties(client);
    },
  })),
  ...[
    ['ends at once', (socket, response) => socket.end(response)],
    [
      'ends behind a message',
      (socket, response) =>
        socket.end(Buffer.concat([Buffer.from(response), TEXT])),
    ],
    [
      'ends behind a close frame',
      (socket, response) =>
        socket.end(Buffer.concat([Buffer.from(response), CLOSE])),
    ],
    [
      'ends within a frame',
      (socket, response) =>
        socket.end(Buffer.concat([Buffer.from(response), TEXT.subarray(0, 2)])),
    ],
  ].map(([what, respond]) => ({
    name: `the server accepts and ${what}`,
    async play(t) {
      const { url } = await t.rawServer(({ accept, socket }) => {
        respond(socket, switching(accept));
      });
      const client = dial(t, [url]);
      await t.until('subject close');
      t.properties(client);
    },
  })),
  {
    name: 'a response in many pieces',
    async play(t) {
      const { url } = await t.rawServer(({ accept, socket }) => {
        const response = Buffer.concat([Buffer.from(switching(accept)), TEXT]);
        socket.setNoDelay(true);
        let sent = 0;
        (function next() {
          if (sent >= response.length) return;
          socket.write(response.subarray(sent, (sent += 9)));
          setImmediate(next);
        })();
      });
      dial(t, [url]);
      await t.until('subject message');
    },
  },
];
