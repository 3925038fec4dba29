'use strict';

const net = require('node:net');
const { CLIENT_EVENTS, dial, switching } = require('../support/dialling');

/** What of each request leaves, in which order and case, the lane `raw` shows. */
const OPTION_SETS = {
  none: {},
  'headers, plain': { headers: { 'X-One': '1', 'x-two': 'two' } },
  'headers, names of the handshake in other cases': {
    headers: {
      'sec-websocket-key': 'own',
      'SEC-WEBSOCKET-VERSION': '7',
      connection: 'keep-alive',
      UPGRADE: 'h2c',
      'sec-websocket-extensions': 'own',
      'sec-websocket-protocol': 'own',
      origin: 'own',
    },
    origin: 'http://option.test',
  },
  'headers, names of the handshake in the same case': {
    headers: {
      'Sec-WebSocket-Key': 'own',
      'Sec-WebSocket-Version': 7,
      Connection: 'keep-alive',
      Upgrade: 'h2c',
      'Sec-WebSocket-Extensions': 'own',
      'Sec-WebSocket-Protocol': 'own',
      Origin: 'own',
    },
  },
  'headers, only extensions, without deflate': {
    headers: { 'Sec-WebSocket-Extensions': 'own' },
    perMessageDeflate: false,
  },
  'headers, several values': {
    headers: { 'X-Many': ['a', 'b'], Cookie: ['c=1', 'd=2'] },
  },
  'headers, several hosts': { headers: { Host: 'elsewhere.test', 'X-A': 'a' } },
  'headers, numbers and empty values': { headers: { 'X-N': 0, 'X-E': '' } },
  'headers, Authorization': { headers: { Authorization: 'Bearer token' } },
  'headers, Authorization and auth': {
    headers: { authorization: 'Bearer token' },
    auth: 'user:password',
  },
  'headers, null': { headers: null },
  'headers, undefined': { headers: undefined },
  'headers, a string': { headers: 'ab' },
  'headers, an array of pairs': { headers: [['X-One', '1']] },
  'headers, flat array': { headers: ['X-One', '1'] },
  'headers, a Map': { headers: new Map([['X-One', '1']]) },
  'headers, inherited': { headers: Object.create({ 'X-Inherited': '1' }) },
  'headers, content': {
    headers: { 'Content-Length': 0, 'Content-Type': 'a/b' },
  },
  'headers, Expect': { headers: { Expect: '100-continue' } },
  'headers, transfer coding': { headers: { 'Transfer-Encoding': 'chunked' } },
  'headers, latin1': { headers: { 'X-Latin': 'äöü' } },
  auth: { auth: 'user:password' },
  'auth without a colon': { auth: 'user' },
  'auth, not ASCII': { auth: 'ü:日' },
  'auth, empty': { auth: '' },
  origin: { origin: 'http://o.test' },
  'origin, empty': { origin: '' },
  'origin, null': { origin: null },
  'origin, a number': { origin: 5 },
  'origin, a list': { origin: ['http://a.test', 'http://b.test'] },
  'version 8': { protocolVersion: 8 },
  'version 8 and origin': { protocolVersion: 8, origin: 'http://o.test' },
  'version 13 and origin': { protocolVersion: 13, origin: 'http://o.test' },
  'no deflate': { perMessageDeflate: false },
  'no Host header': { setHost: false },
  'setDefaultHeaders false': { setDefaultHeaders: false },
  'family and localAddress': { family: 4, localAddress: '127.0.0.1' },
  'keepAlive, noDelay': {
    keepAlive: true,
    keepAliveInitialDelay: 5,
    noDelay: true,
  },
  highWaterMark: { highWaterMark: 10 },
  'unknown options': { nonsense: 1, masked: false, isServer: true, server: {} },
  'agent false': { agent: false },
  'agent null': { agent: null },
  'agent undefined': { agent: undefined },
  uniqueHeaders: {
    uniqueHeaders: ['x-many'],
    headers: { 'X-Many': ['a', 'b'] },
  },
  'protocol and extensions and origin': {
    protocols: ['a', 'b'],
    origin: 'http://o.test',
    headers: { 'X-First': '1' },
    auth: 'u:p',
  },
};

module.exports = [
  ...Object.entries(OPTION_SETS).map(([what, options]) => ({
    name: `the request with options: ${what}`,
    async play(t) {
      const { url } = await t.rawServer(({ text, accept }) => {
        const isAsked = /^sec-websocket-protocol: a/im.test(text);
        return switching(accept, isAsked ? ['Sec-WebSocket-Protocol: a'] : []);
      });
      const client = dial(t, [`${url}/path?query`, options]);
      if (client) await t.until(/^subject (?:open|close)/);
      t.note('options', options);
    },
  })),
  {
    name: 'credentials in the URL go before those of the options, headers before both',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      const there = url.replace('ws://', 'ws://url:secret@');
      dial(t, [there, { auth: 'option:secret' }]);
      await t.until('subject open');
      dial(t, [there, { headers: { Authorization: 'own' } }]);
      await t.until('subject open', { count: 2 });
    },
  },
  {
    name: 'the request object, before it is sent and afterwards',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      const note = (label, req) => {
        t.properties(
          req,
          [
            'method',
            'path',
            'host',
            'protocol',
            'reusedSocket',
            'shouldKeepAlive',
            'writableEnded',
            'headersSent',
            'timeout',
            'aborted',
            'destroyed',
            'agent',
          ],
          label,
        );
        t.note('headers', req.getHeaders());
        t.note('raw names', req.getRawHeaderNames());
        for (const event of [
          'error',
          'response',
          'upgrade',
          'timeout',
          'connect',
          'information',
          'abort',
          'close',
          'socket',
        ]) {
          t.note(`listeners of ${event}`, req.listenerCount(event));
        }
      };
      const client = dial(t, [url, { handshakeTimeout: 5000 }]);
      const { _req: req } = client;
      note('at once', req);
      await t.until('subject open');
      note('when open', req);
      t.note('same', client._req === req);
    },
  },
  {
    name: 'the listeners on the socket when the connection is open',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      const client = dial(t, [url]);
      await t.until('subject open');
      const { _socket: socket } = client;
      t.properties(socket, [
        'timeout',
        'allowHalfOpen',
        'remoteAddress',
        'remotePort',
        'remoteFamily',
        'localAddress',
        'connecting',
        'pending',
        'destroyed',
        'readable',
        'writable',
        'readyState',
        'parser',
        '_httpMessage',
      ]);
      for (const event of ['close', 'end', 'error']) {
        t.note(`listens to ${event}`, socket.listenerCount(event) > 0);
      }
    },
  },
  {
    name: 'headers set before the turn ends are sent',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      const client = dial(t, [url]);
      t.call('set', () => client._req.setHeader('X-Late', '1') === client._req);
      await t.until('subject open');
    },
  },
  {
    name: 'finishRequest gets the request and the client, and sends when it likes',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      const released = new Promise((resolve) => {
        dial(t, [
          url,
          {
            finishRequest(...args) {
              t.note('finishRequest', ...args, this?.constructor === Object);
              const [req, websocket] = args;
              t.properties(websocket, [
                'readyState',
                'url',
                '_redirects',
                '_closeTimeout',
                '_autoPong',
              ]);
              t.note('same', websocket._req === req);
              t.note(
                'listening',
                req.listenerCount('upgrade'),
                req.listenerCount('error'),
              );
              req.setHeader('X-Finish', 'yes');
              req.removeHeader('Sec-WebSocket-Extensions');
              setImmediate(() => resolve(req));
            },
          },
        ]);
      });
      const req = await released;
      t.note('not yet', t.lane('raw').entries.length);
      req.setHeader('X-Later', 'still');
      req.end();
      await t.until('subject open');
    },
  },
  {
    name: 'finishRequest, with a body',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      dial(t, [
        url,
        {
          headers: { 'Content-Length': 4 },
          finishRequest: (req) => req.end('body', t.callback('ended')),
        },
      ]);
      await t.until('subject open');
    },
  },
  {
    name: 'finishRequest that is falsy',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      for (const [index, finishRequest] of [null, 0, '', false].entries()) {
        dial(t, [url, { finishRequest }]);
        await t.until('subject open', { count: index + 1 });
      }
    },
  },
  {
    name: 'createConnection makes the socket, now or later',
    async play(t) {
      const { port } = await t.rawServer(({ accept }) => switching(accept));
      const connect = () => net.connect(port, '127.0.0.1');
      dial(t, [
        'ws://somewhere.test',
        {
          createConnection(...args) {
            t.note(
              'createConnection',
              args.length,
              typeof args[1],
              this?.constructor?.name,
            );
            return connect();
          },
        },
      ]);
      await t.until('subject open');
      dial(t, [
        'ws://somewhere.test',
        {
          createConnection(options, callback) {
            setImmediate(() => callback(null, connect()));
          },
        },
      ]);
      await t.until('subject open', { count: 2 });
      dial(t, [
        'ws://somewhere.test',
        {
          createConnection(options, callback) {
            setImmediate(() => callback(new Error('no way')));
          },
        },
      ]);
      await t.until('subject close');
    },
  },
  {
    name: 'lookup finds the address',
    async play(t) {
      const { port } = await t.rawServer(({ accept }) => switching(accept));
      const url = `ws://somewhere.test:${port}`;
      const lookup = (hostname, options, callback) => {
        t.note('lookup', hostname, options.all);
        const found = [{ address: '127.0.0.1', family: 4 }];
        if (options.all) callback(null, found);
        else callback(null, '127.0.0.1', 4);
      };
      dial(t, [url, { lookup }]);
      await t.until('subject open');
      dial(t, [
        url,
        {
          lookup: (hostname, options, callback) =>
            callback(
              Object.assign(new Error('not found'), { code: 'ENOTFOUND' }),
            ),
        },
      ]);
      await t.until('subject close');
    },
  },
  {
    name: 'an address that is not here to connect from',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      dial(t, [url, { localAddress: '192.0.2.1' }], {
        events: ['error', 'close'],
      });
      await t.until('subject close');
    },
  },
  {
    name: 'a port that nobody listens on',
    async play(t) {
      const server = net.createServer((socket) => socket.on('error', () => {}));
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      // The port of another connection's end: nobody begins to listen there.
      const holder = net.connect(server.address().port, '127.0.0.1');
      await new Promise((resolve) => holder.once('connect', resolve));
      const port = holder.localPort;
      t.hidePort(port);
      t.after(() => {
        holder.destroy();
        server.close();
      });
      const client = dial(t, [`ws://127.0.0.1:${port}`], {
        markers: ['tick', 'microtask', 'immediate'],
      });
      client.on('error', (error) => {
        t.note('keys', Object.keys(error).sort());
        t.call('send', () => client.send('x', t.callback('sent')));
        t.call('close', () => client.close());
        t.call('terminate', () => client.terminate());
      });
      await t.until('~ immediate after subject close');
      t.properties(client, ['readyState', 'bufferedAmount', '_req']);
    },
  },
  {
    name: 'an error that nobody listens for is thrown, and close is still to come',
    async play(t) {
      t.catchUncaught();
      dial(t, ['ws+unix:/nowhere/at-all.sock'], { events: ['open', 'close'] });
      await t.until('uncaught', { lane: 'process' });
      await t.settle();
    },
  },
  {
    name: 'an error listener that throws',
    async play(t) {
      t.catchUncaught();
      const client = dial(t, ['ws+unix:/nowhere/at-all.sock'], {
        events: CLIENT_EVENTS.filter((event) => event !== 'error'),
      });
      client.on('error', () => {
        throw new Error('thrown by the listener');
      });
      await t.until('uncaught', { lane: 'process' });
      await t.settle();
      t.properties(client, ['readyState', '_req']);
    },
  },
];
