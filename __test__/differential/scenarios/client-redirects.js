'use strict';

const net = require('node:net');
const {
  CLIENT_EVENTS,
  dial,
  redirectTo,
  switching,
  unixServer,
} = require('../support/dialling');

const MARKERS = ['tick', 'microtask', 'immediate'];
const FOLLOW = { followRedirects: true };

/** Redirects the first request, and accepts the second. */
const onceTo =
  (location, code, lines) =>
  ({ accept, number }) =>
    number === 1 ? redirectTo(location, code, lines) : switching(accept);

/** Where `there` is another server. */
const LOCATIONS = {
  'a path': () => '/path?query',
  'a relative path': () => 'path',
  'a path upwards': () => '../up',
  'only a query': () => '?query',
  'an empty fragment': () => '/path#',
  'a fragment': () => '/path#fragment',
  'only a fragment': () => '#fragment',
  'the same server': ({ here }) => `${here}/same`,
  'another server': ({ there }) => `${there}/other`,
  'another server, as http': ({ there }) => there.replace('ws:', 'http:'),
  'another server, without a protocol': ({ there }) => there.replace('ws:', ''),
  'another server, with credentials': ({ there }) =>
    there.replace('ws://', 'ws://user:password@'),
  'not ASCII': () => '/ä b',
  'a protocol that is unknown': () => 'ftp://127.0.0.1/',
  'no host': () => 'ws://',
  'a bad port': () => 'http://127.0.0.1:99999/',
  'an empty socket': () => 'ws+unix:',
  'a socket that is not there': () => 'ws+unix:/nowhere/at-all.sock:/path',
  'white space': () => '   /path  ',
};

const LIMITS = [0, 1, 2, '2', '1x', -1, NaN, null, true, false, 1.5, Infinity];

const SECRETS = {
  Authorization: 'Bearer secret',
  Cookie: 'secret=1',
  Host: 'own.test',
  'Proxy-Authorization': 'kept',
  'X-Kept': 'kept',
};

/** From where to where; `connect` leads all of them to one server. */
const JOURNEYS = [
  ['ws://a.test/', 'ws://a.test/b'],
  ['ws://a.test/', 'ws://a.test:80/b'],
  ['ws://a.test/', 'ws://a.test:81/b'],
  ['ws://a.test/', 'ws://b.test/'],
  ['ws://a.test/', 'ws://sub.a.test/'],
  ['ws://a.test/', 'wss://a.test/'],
  ['ws://a.test/', 'wss://b.test/'],
  ['wss://a.test/', 'wss://a.test/b'],
  ['wss://a.test/', 'ws://a.test/'],
  ['wss://a.test/', 'http://a.test/'],
  ['wss://a.test/', 'ws://b.test/'],
  ['wss://a.test:80/', 'ws://a.test/'],
  ['ws://A.test/', 'ws://a.TEST/b'],
  ['ws://user:password@a.test/', 'ws://a.test/b'],
  ['ws://user:password@a.test/', 'ws://b.test/'],
  ['wss://user:password@a.test/', 'ws://a.test/'],
  ['ws://a.test/', 'ws://other:secret@a.test/b'],
  ['ws://a.test/', 'ws://other:secret@b.test/'],
  ['ws://user:password@a.test/', 'ws://other:secret@a.test/b'],
];

const CREDENTIALS = {
  'no credentials': {},
  'secret headers': { headers: SECRETS },
  auth: { auth: 'option:secret' },
  'secret headers and auth': {
    headers: { authorization: 'own' },
    auth: 'option:secret',
  },
};

module.exports = [
  ...[300, 301, 302, 303, 304, 305, 307, 308, 399].map((code) => ({
    name: `status ${code} leads on, when redirects are followed`,
    async play(t) {
      const { url } = await t.rawServer(onceTo('/there?a=b', code));
      dial(t, [`${url}/here`, FOLLOW], { markers: MARKERS });
      await t.until('~ immediate after subject open');
    },
  })),
  ...[200, 299, 400, 404].map((code) => ({
    name: `status ${code} does not lead on, though it has a location`,
    async play(t) {
      const { url } = await t.rawServer(onceTo('/there', code));
      dial(t, [url, FOLLOW]);
      await t.until('subject close');
    },
  })),
  ...[false, undefined, null, 0, 1, 'yes'].map((followRedirects) => ({
    name: `followRedirects ${typeof followRedirects} ${followRedirects}`,
    async play(t) {
      const { url } = await t.rawServer(onceTo('/there'));
      dial(t, [url, { followRedirects }], { also: ['redirect'] });
      await t.until(/^subject (?:open|close)/);
    },
  })),
  {
    name: 'no location, and an empty one',
    async play(t) {
      const { url } = await t.rawServer(({ number }) =>
        redirectTo(number === 1 ? undefined : ''),
      );
      dial(t, [url, FOLLOW]);
      await t.until('subject close');
      dial(t, [url, FOLLOW], { also: ['unexpected-response', 'redirect'] });
      await t.until('subject unexpected-response');
    },
  },
  ...Object.entries(LOCATIONS).map(([what, locate]) => ({
    name: `the location is ${what}`,
    async play(t) {
      t.catchUncaught();
      const other = await t.rawServer(({ accept }) => switching(accept));
      const first = await t.rawServer((request) =>
        onceTo(locate({ here: first.url, there: other.url }))(request),
      );
      t.hidePort(other.port, 'other');
      dial(t, [`${first.url}/dir/start?x`, FOLLOW], { markers: MARKERS });
      await t.until(/^~ immediate after subject (?:open|close)/);
    },
  })),
  ...LIMITS.map((maxRedirects) => ({
    name: `a loop, with maxRedirects ${typeof maxRedirects} ${maxRedirects}`,
    async play(t) {
      const { url } = await t.rawServer(({ accept, number }) =>
        number > 5 ? switching(accept) : redirectTo(`/${number}`),
      );
      dial(t, [url, { ...FOLLOW, maxRedirects }], { also: ['redirect'] });
      await t.until(/^subject (?:open|close)/);
      await t.settle();
    },
  })),
  {
    name: 'ten redirects are followed, eleven are not',
    async play(t) {
      let last = 10;
      const { url } = await t.rawServer(({ accept, text }) => {
        const number = Number(/^GET \/(\d+)/.exec(text)[1]);
        return number < last ? redirectTo(`/${number + 1}`) : switching(accept);
      });
      dial(t, [`${url}/0`, FOLLOW]);
      await t.until('subject open');
      last = 11;
      dial(t, [`${url}/0`, FOLLOW], { markers: MARKERS });
      await t.until('~ immediate after subject close');
    },
  },
  ...JOURNEYS.flatMap(([from, to]) =>
    [false, true].map((listens) => ({
      name: `what goes along from ${from} to ${to}${listens ? ', with a redirect listener' : ''}`,
      async play(t) {
        const { port } = await t.rawServer(({ accept, number }) =>
          number % 2 === 1 ? redirectTo(to) : switching(accept),
        );
        const createConnection = () => net.connect(port, '127.0.0.1');
        let count = 0;
        for (const [what, options] of Object.entries(CREDENTIALS)) {
          t.note(what);
          dial(t, [from, { ...FOLLOW, ...options, createConnection }], {
            also: listens ? ['redirect'] : [],
          });
          await t.until('subject open', { count: ++count });
        }
      },
    })),
  ),
  {
    name: 'what goes along there and back again',
    async play(t) {
      const targets = ['ws://b.test/1', 'ws://a.test/2', 'ws://a.test/3'];
      const { port } = await t.rawServer(({ accept, number }) =>
        number <= 3 ? redirectTo(targets[number - 1]) : switching(accept),
      );
      const createConnection = () => net.connect(port, '127.0.0.1');
      const options = { ...FOLLOW, headers: SECRETS, createConnection };
      dial(t, ['ws://a.test', options]);
      await t.until('subject open');
      t.note('options', options.headers);
    },
  },
  ...['same', 'other', 'tcp'].flatMap((target) =>
    [false, true].map((listens) => ({
      name: `from a Unix socket to the ${target} one${listens ? ', with a redirect listener' : ''}`,
      async play(t) {
        const file = await unixServer(t, (request) =>
          onceTo(location)(request),
        );
        const other = await unixServer(
          t,
          ({ accept }) => switching(accept),
          'b',
        );
        const tcp = await t.rawServer(({ accept }) => switching(accept));
        const location = {
          same: `ws+unix:${file}:/same`,
          other: `ws+unix:${other}:/other`,
          tcp: `${tcp.url}/tcp`,
        }[target];
        const options = { ...FOLLOW, headers: SECRETS, auth: 'a:b' };
        dial(t, [`ws+unix:${file}:/start`, options], {
          also: listens ? ['redirect'] : [],
        });
        await t.until('subject open');
      },
    })),
  ),
  {
    name: 'from TCP to a Unix socket, and a path from there',
    async play(t) {
      const file = await unixServer(t, ({ accept, text }) =>
        /secret=1|\/next/.test(text) ? switching(accept) : redirectTo('/next'),
      );
      const { url } = await t.rawServer(onceTo(`ws+unix:${file}:/start`));
      dial(t, [url, { ...FOLLOW, headers: SECRETS }]);
      await t.until(/^subject (?:open|close)/);
    },
  },
  {
    name: 'subprotocols, deflate, origin and finishRequest on each request',
    async play(t) {
      const { url } = await t.rawServer(({ accept, number }) =>
        number <= 2
          ? redirectTo(`/${number}`)
          : switching(accept, [
              'Sec-WebSocket-Protocol: b',
              'Sec-WebSocket-Extensions: permessage-deflate',
            ]),
      );
      const keys = new Set();
      dial(t, [
        url,
        ['a', 'b'],
        {
          ...FOLLOW,
          origin: 'http://o.test',
          protocolVersion: 8,
          handshakeTimeout: 5000,
          perMessageDeflate: { serverMaxWindowBits: 10 },
          finishRequest(req, websocket) {
            t.note('finishRequest', req.path, websocket._redirects);
            keys.add(req.getHeader('sec-websocket-key'));
            req.setHeader('X-Count', websocket._redirects);
            req.end();
          },
        },
      ]);
      await t.until('subject open');
      t.note('keys', keys.size);
    },
  },
  {
    name: 'the redirect event can change the next request',
    async play(t) {
      const { url } = await t.rawServer(onceTo('ws://b.test/there'));
      const { port } = new URL(url);
      const client = dial(t, [
        url,
        {
          ...FOLLOW,
          headers: SECRETS,
          createConnection: () => net.connect(port, '127.0.0.1'),
        },
      ]);
      client.on('redirect', (address, req) => {
        t.note('redirect', address, req === client._req, req.getHeaders());
        t.note(
          'listeners',
          req.listenerCount('upgrade'),
          req.listenerCount('error'),
        );
        t.properties(client, ['_redirects', 'readyState', 'url']);
        req.removeHeader('cookie');
        req.setHeader('X-Redirected', 'yes');
      });
      await t.until('subject open');
    },
  },
  ...Object.entries({
    'destroys the request': (client, req) => req.destroy(),
    'destroys the request with an error': (client, req) =>
      req.destroy(new RangeError('own')),
    'aborts the request': (client, req) => req.abort(),
    'destroys the request and closes': (client, req) => {
      req.destroy(new RangeError('own'));
      client.close();
    },
    'destroys the request and terminates': (client, req) => {
      req.destroy();
      client.terminate();
    },
    throws() {
      throw new Error('thrown by the listener');
    },
  }).map(([what, act]) => ({
    name: `a redirect listener that ${what}`,
    differs:
      what === 'throws'
        ? 'an `upgrade` or `redirect` listener throws, and the process goes on'
        : undefined,
    async play(t) {
      t.catchUncaught();
      const { url } = await t.rawServer(({ number }) =>
        number === 1 ? redirectTo('/there') : undefined,
      );
      const client = dial(t, [url, FOLLOW], { markers: MARKERS });
      client.on('redirect', (address, req) => {
        t.note('redirect', address);
        act(client, req);
        t.properties(client, ['readyState', '_req']);
      });
      await t.until('redirect');
      await t.settle();
      await t.settle();
      t.properties(client, ['readyState', '_redirects']);
      // Where the listener threw, nobody listens for errors of the request.
      client._req?.on('error', () => {});
      // The second request may be on its way or not.
      t.lane('raw').entries.length = 1;
    },
  })),
  {
    name: 'a redirect that leads nowhere, without a listener for errors',
    async play(t) {
      t.catchUncaught();
      const { url } = await t.rawServer(({ number }) =>
        redirectTo(number === 1 ? 'ftp://127.0.0.1/' : 'ws://'),
      );
      for (const count of [1, 2]) {
        const client = dial(t, [url, FOLLOW], {
          events: CLIENT_EVENTS.filter((event) => event !== 'error'),
        });
        await t.until('uncaught', { lane: 'process', count });
        await t.settle();
        t.properties(client, ['readyState', '_req', '_errorEmitted', 'url']);
      }
    },
  },
  {
    name: 'handshakeTimeout is for each request',
    async play(t) {
      const { url } = await t.rawServer(({ number }) =>
        number === 1 ? redirectTo('/silence') : undefined,
      );
      dial(t, [url, { ...FOLLOW, handshakeTimeout: 500 }]);
      await t.until('subject close');
    },
  },
  {
    name: 'a redirect with a body that does not end',
    async play(t) {
      const { url } = await t.rawServer(({ accept, number, socket }) => {
        if (number > 1) return switching(accept);
        socket.on('close', () => t.lane('first').note('closed'));
        return 'HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 100\r\n\r\nhalf';
      });
      dial(t, [url, FOLLOW], { also: ['unexpected-response'] });
      await t.until('subject open');
      await t.until('closed', { lane: 'first' });
    },
  },
  {
    name: 'a redirect to a server that answers wrongly, and one that is not there',
    async play(t) {
      const wrong = await t.rawServer(({ number }) =>
        number === 1 ? switching('wrong') : 'HTTP/1.1 500 Error\r\n\r\n',
      );
      const { url } = await t.rawServer(() => redirectTo(wrong.url));
      for (const count of [1, 2]) {
        dial(t, [url, FOLLOW]);
        await t.until('subject close', { count });
      }
    },
  },
];
