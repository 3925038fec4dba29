'use strict';

const { once } = require('node:events');
const http = require('node:http');
const { PassThrough } = require('node:stream');

const { createDuplexPair } = require('../../support/duplex-pair');
const { upgradeRequest } = require('../../support/upgrade-request');

module.exports = [
  ...[
    'GET / HTTP/1.0',
    'GET /path?query#fragment HTTP/1.1',
    'GET http://example.com/ HTTP/1.1',
    'POST / HTTP/1.1',
    'PUT / HTTP/1.1',
    'HEAD / HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    'GET / HTTP/2.0',
    'get / HTTP/1.1',
    'GET  / HTTP/1.1',
    'NONSENSE / HTTP/1.1',
  ].map((requestLine) => ({
    name: `the request line ${requestLine}`,
    async play(t) {
      await answerTo(t, upgradeRequest({}, requestLine));
    },
  })),
  ...headerCases().map(([name, values]) => ({
    name: `${name}: ${values === null ? '(none)' : shortened(values)}`,
    async play(t) {
      await answerTo(t, upgradeRequest({ [name]: values }));
    },
  })),
  {
    name: 'of several faults the first one counts',
    async play(t) {
      const faults = Object.entries({
        'Sec-WebSocket-Extensions': ';',
        'Sec-WebSocket-Protocol': ',',
        Origin: 'unwanted',
        'Sec-WebSocket-Version': '0',
        'Sec-WebSocket-Key': 'short',
        Upgrade: 'h2c',
      });
      const { port } = await t.server({
        perMessageDeflate: true,
        path: '/here',
        verifyClient: () => false,
      });
      for (let count = 0; count <= faults.length; count++) {
        const changes = Object.fromEntries(faults.slice(0, count));
        await t.exchange(port, upgradeRequest(changes, 'GET /here HTTP/1.1'));
        await t.exchange(port, upgradeRequest(changes, 'GET /no HTTP/1.1'));
        await t.exchange(port, upgradeRequest(changes, 'POST /no HTTP/1.1'));
      }
    },
  },
  ...[
    ['/', ['/', '/?', '/?a=b', '//', '/x', '?', '/#', '/%2F']],
    ['/a', ['/a', '/a?x', '/a?/b', '/a/', '/A', '/%61', '/a#b', '/b?/a']],
    ['/a?b', ['/a?b', '/a']],
    ['', ['/anything']],
    [null, ['/anything']],
    [0, ['/anything']],
    [1, ['/1', '1']],
    [['/a'], ['/a']],
    [{ toString: () => '/a' }, ['/a']],
  ].map(([path, targets]) => ({
    name: `the path ${JSON.stringify(path)}`,
    async play(t) {
      const { port } = await t.server({ path });
      for (const target of targets) {
        t.lane('raw').note('target', target);
        await t.exchange(port, upgradeRequest({}, `GET ${target} HTTP/1.1`));
      }
    },
  })),
  ...[
    ['false', { 'Sec-WebSocket-Extensions': 'whatever; =' }, false],
    ['an empty object', { 'Sec-WebSocket-Extensions': 'whatever; =' }, {}],
    ['another extension', { 'Sec-WebSocket-Extensions': 'x-other; a=1' }, {}],
    ['one more', { 'Sec-WebSocket-Extensions': 'x, permessage-deflate' }, {}],
    ['repeated', { 'Sec-WebSocket-Extensions': ['x', 'permessage-deflate'] }],
    ['an empty value', { 'Sec-WebSocket-Extensions': '' }],
  ].map(([name, changes, perMessageDeflate = true]) => ({
    name: `the extensions header, perMessageDeflate: ${name}`,
    async play(t) {
      await answerTo(t, upgradeRequest(changes), { perMessageDeflate });
    },
  })),
  {
    name: 'a refused request with bytes behind it',
    async play(t) {
      const { port } = await t.server();
      const lines = upgradeRequest({ 'Sec-WebSocket-Key': null });
      await t.exchange(port, `${lines.join('\r\n')}\r\n\r\nmore`);
    },
  },
  {
    name: 'a method with a body',
    async play(t) {
      const { port } = await t.server();
      const lines = upgradeRequest(
        { 'Content-Length': '4' },
        'POST / HTTP/1.1',
      );
      await t.exchange(port, `${lines.join('\r\n')}\r\n\r\nbody`);
    },
  },
  ...directCases().map(([name, change]) => ({
    name: `handleUpgrade() by hand: ${name}`,
    async play(t) {
      const [stream, other] = createDuplexPair();
      other.on('data', (chunk) => t.lane('raw').note('data', `${chunk}`));
      const wss = new t.ws.WebSocketServer({ noServer: true });
      const request = plainRequest(stream);
      change(request);
      t.call('handleUpgrade', () =>
        wss.handleUpgrade(
          request,
          stream,
          Buffer.alloc(0),
          t.callback('upgraded'),
        ),
      );
      await t.markers('handleUpgrade');
      t.note('stream', stream.destroyed, stream.writableEnded);
      t.note('listeners', stream.listenerCount('error'));
      stream.destroy();
    },
  })),
  {
    name: 'the socket of a refused request is ended, then destroyed',
    async play(t) {
      const { wss, port } = await t.server();
      wss._server.prependListener('upgrade', (request, socket) => {
        for (const event of ['finish', 'end', 'close', 'error']) {
          socket.on(event, () => t.note(event, socket.destroyed));
        }
        t.note('listeners before', countListeners(socket));
        process.nextTick(() => {
          t.note('listeners after', countListeners(socket));
          t.note('state', socket.writableEnded, socket.destroyed);
        });
      });
      await t.exchange(port, upgradeRequest({ 'Sec-WebSocket-Key': null }));
      await t.until('close');
    },
  },
  {
    name: 'an error of the socket after the refusal destroys it',
    async play(t) {
      const stream = new PassThrough();
      stream.write = () => false;
      stream.end = t.callback('end');
      stream.on('close', () => t.note('close'));
      const wss = new t.ws.WebSocketServer({ noServer: true });
      const request = { ...plainRequest(stream), method: 'PATCH' };
      wss.handleUpgrade(request, stream, Buffer.alloc(0), t.callback('no'));
      t.call('emit error', () => stream.emit('error', new Error('broken')));
      t.note('destroyed', stream.destroyed);
      await t.until('close');
    },
  },
  {
    name: 'requests that are no upgrades',
    async play(t) {
      const { wss, port } = await t.server();
      const requests = ['GET / HTTP/1.1', 'POST /x HTTP/1.1', 'GET / HTTP/1.0'];
      for (const requestLine of requests) {
        await t.exchange(port, [requestLine, 'Host: here']);
      }
      await t.exchange(port, [
        'HEAD / HTTP/1.1',
        'Host: here',
        'Connection: close',
      ]);
      await t.exchange(port, [
        'GET / HTTP/1.1',
        'Host: here',
        'Connection: close',
      ]);
      await t.exchange(port, upgradeRequest({ Connection: 'keep-alive' }));
      await t.exchange(port, upgradeRequest({ Upgrade: null }));
      await t.exchange(port, ['GET / HTTP/1.1']);
      await t.exchange(port, ['nonsense']);
      t.note('request listeners', wss._server.listenerCount('request'));
    },
  },
  {
    name: 'a connection that is kept alive asks, asks again, then upgrades',
    async play(t) {
      const { wss, port } = await t.server();
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      t.after(() => agent.destroy());
      for (const method of ['GET', 'DELETE']) {
        const request = http.request({
          port,
          host: '127.0.0.1',
          method,
          agent,
        });
        request.end();
        const [response] = await once(request, 'response');
        const body = (await response.toArray()).join('');
        t.note('response', response.statusCode, response.statusMessage, body);
        t.note('headers', response.headers, request.reusedSocket);
        await t.turn();
      }
      wss.on('connection', (websocket, { headers }) => {
        t.note('connection', headers['x-number']);
        websocket.on('message', (data) => t.note('message', data));
      });
      const client = new t.Peer(`ws://127.0.0.1:${port}`, {
        agent,
        headers: { 'X-Number': '3' },
      });
      t.after(() => client.terminate());
      await once(client, 'open');
      client.send('over a used connection');
      await t.until('message');
    },
  },
];

function shortened(values) {
  const text = JSON.stringify(values);
  return text.length < 60 ? text : `${text.slice(0, 9)}… (${text.length})`;
}

async function answerTo(t, request, options = {}) {
  const { wss, port } = await t.server(options);
  wss.on('connection', (websocket) => {
    t.note('connection', websocket.extensions, websocket.protocol);
  });
  await t.exchange(port, request);
}

/** What a client may write into a header, rightly or wrongly. */
function headerCases() {
  const key = 'AAECAwQFBgcICQoLDA0ODw==';
  return [
    ...[null, '', 'WebSocket', 'WEBSOCKET', ' websocket ', 'websocket, h2c'],
    ...['h2c', 'web socket', ['websocket', 'websocket'], 'websocket/13'],
  ]
    .map((values) => ['Upgrade', values])
    .concat(
      ['upgrade', 'keep-alive, Upgrade', 'close', null, 'Upgrade, close'].map(
        (values) => ['Connection', values],
      ),
      [
        ...[null, '', 'short', `${key}=`, key.slice(0, -1), ` ${key}`],
        ...[`${key},${key}`, [key, key], 'AAECAwQFBgcICQoLDA0OD===='],
        ...['++++++++++//////////AA==', '-AECAwQFBgcICQoLDA0OD_==', 'A'],
        ...['AAECAwQFBgcICQoLDA0ODz==', 'ÄAECAwQFBgcICQoLDA0ODw=='],
      ].map((values) => ['Sec-WebSocket-Key', values]),
      [
        ...[null, '', '8', '13', '7', '0', '-13', '14', '113', 'abc', '13.0'],
        ...['0xd', '1.3e1', ' 13', '13 ', '+13', '013', '13;', '13, 8', '13.5'],
        ...['Infinity', 'NaN', '0b1101', ['13', '13'], ['13', '8']],
      ].map((values) => ['Sec-WebSocket-Version', values]),
      [
        ...['', 'a', 'a, b', 'a,a', 'a,,b', ',a', 'a,', 'a b', ' a', 'a;b'],
        ...['a\t,\tb', '"a"', 'ä', ['a', 'b'], ['a', 'a'], "!#$%&'*+-.^_`|~"],
      ].map((values) => ['Sec-WebSocket-Protocol', values]),
      [['Origin', 'http://example.com']],
      [['X-Long', 'x'.repeat(20_000)]],
      [['Expect', '100-continue']],
    );
}

/** Requests as only another program could pass them on. */
function directCases() {
  return [
    ['in order', () => {}],
    ['no upgrade header', ({ headers }) => delete headers.upgrade],
    ['no method', (request) => delete request.method],
    ['lower case method', (request) => (request.method = 'get')],
    ['no headers', (request) => (request.headers = {})],
    ['a key in an array', ({ headers }) => inArray(headers, 'key')],
    ['a version in an array', ({ headers }) => inArray(headers, 'version')],
    [
      'a version that is a number',
      ({ headers }) => (headers['sec-websocket-version'] = 13),
    ],
    ['no URL', (request) => delete request.url],
  ];
}

function inArray(headers, name) {
  headers[`sec-websocket-${name}`] = [headers[`sec-websocket-${name}`]];
}

function plainRequest(socket) {
  const headers = {
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': 'AAECAwQFBgcICQoLDA0ODw==',
    'sec-websocket-version': '13',
  };
  return { method: 'GET', url: '/', headers, socket };
}

function countListeners(socket) {
  return ['error', 'finish', 'close', 'end', 'data'].map(
    (event) => `${event} ${socket.listenerCount(event)}`,
  );
}
