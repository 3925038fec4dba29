'use strict';

const net = require('node:net');
const path = require('node:path');
const { dial, switching, unixServer } = require('../support/dialling');

/** Nothing is sent for any of these. */
const REFUSED = [
  '',
  ' ',
  'nonsense',
  '/path',
  '//127.0.0.1/',
  '127.0.0.1:80',
  'ws:',
  'ws://',
  'ws:///',
  'ws://:80/',
  'ws://user@/',
  'ws://[::1',
  'ws://[nonsense]/',
  'ws://127.0.0.1:99999/',
  'ws://127.0.0.1:-1/',
  'ws://a b/',
  'ws://%zz/',
  'ws://127.0.0.1/#fragment',
  'wss://127.0.0.1/a?b#fragment',
  'http://127.0.0.1/#fragment',
  'https://127.0.0.1/#fragment',
  'mailto:somebody@127.0.0.1',
  'ftp://127.0.0.1/',
  'file:///tmp/socket',
  'data:text/plain,hello',
  'about:blank',
  'wsx://127.0.0.1/',
  'ws+unix:',
  'ws+unix://',
  'ws+unix://host',
  'ws+unix:?query',
  'ws+unix:/file#fragment',
  'ws+unix:#fragment',
  'wss+unix:/file',
  'http+unix:/file',
  undefined,
  0,
  1,
  NaN,
  true,
  false,
  {},
  [],
  { href: 'ws://127.0.0.1/' },
  () => {},
  Symbol('url'),
  10n,
  new URL('ftp://127.0.0.1/'),
  new URL('ws://127.0.0.1/#fragment'),
  new URL('ws+unix:'),
  Object.create(null),
];

/** Forms of the same server, and of paths; `HOST` is its host and port. */
const ACCEPTED = [
  'ws://HOST',
  'ws://HOST/',
  'WS://HOST/Case/Kept',
  'http://HOST/from-http?a=b',
  'ws://HOST/?',
  'ws://HOST?query=only',
  'ws://HOST/#',
  'ws://HOST/a/../b/./c//d',
  'ws://HOST/a b?c d=e f',
  'ws://HOST/ä/日本?ü=😀',
  'ws://HOST/%61%2f%zz%?%41=%20+&#',
  'ws://HOST/[]{}|\\^`<>"\'',
  'ws://HOST/?[]{}|\\^`<>"\'',
  'ws://HOST/*',
  'ws://HOST/http://elsewhere/',
  'ws:HOST/without-slashes',
  'ws:\\\\HOST\\back\\slashes',
  '  ws://HOST/white-space  ',
  'ws://HO\tST/ta\tb\nand\rreturn',
  'ws://user:password@HOST/',
  'ws://user@HOST/',
  'ws://:password@HOST/',
  'ws://@HOST/',
  'ws://us%65r%3A:p%C3%A4ss%zz@HOST/',
];

/** Where a request would go: `connect` notes it, and leads it to the server all the same. */
const DESTINATIONS = [
  'ws://somewhere.test',
  'ws://somewhere.test:80/',
  'ws://somewhere.test:443/',
  'ws://somewhere.test:8080/',
  'wss://somewhere.test',
  'wss://somewhere.test:443/',
  'wss://somewhere.test:80/',
  'http://somewhere.test:80/',
  'https://somewhere.test/',
  'https://somewhere.test:80/',
  'ws://SOMEWHERE.Test/',
  'ws://bücher.test/',
  'ws://somewhere.test./',
  'ws://127.1/',
  'ws://2130706433/',
  'ws://[::1]/',
  'ws://[::1]:81/',
  'ws://[0:0:0:0:0:0:0:1]:80/',
  'wss://[2001:db8::1]/',
  'wss://user:password@somewhere.test/',
];

module.exports = [
  {
    name: 'what cannot be connected to is thrown by the constructor',
    async play(t) {
      for (const url of REFUSED) {
        t.call(`new ${t.format(url)}`, () => new t.ws.WebSocket(url));
      }
    },
  },
  {
    name: 'no argument at all',
    async play(t) {
      t.call('new', () => new t.ws.WebSocket());
      t.call('new', () => new t.ws.WebSocket(undefined, undefined, {}));
    },
  },
  {
    name: 'a URL that is no string is turned into one',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      const addresses = [
        { toString: () => `${url}/object` },
        [`${url}/array`],
        new String(`${url}/boxed`),
      ];
      for (const [index, address] of addresses.entries()) {
        dial(t, [address]);
        await t.until('subject open', { count: index + 1 });
      }
    },
  },
  ...ACCEPTED.map((form) => ({
    name: `the URL ${JSON.stringify(form)}`,
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      dial(t, [form.replace(/HO(\s*)ST/, url.slice('ws://'.length))]);
      await t.until('subject open');
    },
  })),
  {
    name: 'a URL object is used as it is, and not changed',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      const given = new URL(`${url.replace('ws:', 'http:')}/a?b`);
      const client = dial(t, [given]);
      given.pathname = '/changed';
      await t.until('subject open');
      t.note('given', given, client.url);
    },
  },
  {
    name: 'an object of a class that extends URL',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      class OwnUrl extends URL {
        get search() {
          return '?own';
        }
      }
      dial(t, [new OwnUrl(`${url}/a`)]);
      await t.until('subject open');
    },
  },
  ...DESTINATIONS.map((destination) => ({
    name: `where ${destination} leads`,
    async play(t) {
      const { port } = await t.rawServer(({ accept }) => switching(accept));
      dial(t, [
        destination,
        {
          createConnection(options) {
            t.note('options', Object.keys(options).sort());
            t.properties(options, [
              'protocol',
              'host',
              'hostname',
              'port',
              'defaultPort',
              'path',
              'socketPath',
              'servername',
              'method',
              'timeout',
              'auth',
              'agent',
            ]);
            return net.connect(port, '127.0.0.1');
          },
        },
      ]);
      await t.until('subject open');
    },
  })),
  ...['', ':', ':/', ':/path?query', ':path', ':/with:colons:', '?query'].map(
    (suffix) => ({
      name: `a Unix socket, with ${JSON.stringify(suffix)} behind its path`,
      async play(t) {
        const file = await unixServer(t, ({ accept }) => switching(accept));
        if (suffix === '?query') t.catchUncaught();
        dial(t, [`ws+unix:${file}${suffix}`]);
        await t.until(/^subject (?:open|error)/);
        await t.settle();
      },
    }),
  ),
  ...[
    (file) => `ws+unix://${file}:/two-slashes`,
    (file) => `WS+UNIX:${file}:/upper-case`,
    (file) => new URL(`ws+unix:${file}:/object`),
    (file) => `ws+unix://host${file}:/host`,
    (file) => `ws+unix://user:password@host${file}:/user`,
    (file) => `ws+unix:${path.relative(process.cwd(), file)}:/relative`,
  ].map((form) => ({
    name: `a Unix socket as ${form('/file')}`,
    async play(t) {
      const file = await unixServer(t, ({ accept }) => switching(accept));
      dial(t, [form(file)]);
      await t.until(/^subject (?:open|error)/);
      await t.settle();
    },
  })),
  {
    name: 'a Unix socket that is not there',
    async play(t) {
      dial(t, ['ws+unix:/nowhere/at-all.sock:/path'], {
        markers: ['tick', 'microtask', 'immediate'],
      });
      await t.until('~ immediate after subject close');
    },
  },
  {
    name: 'the options cannot say otherwise than the URL',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      dial(t, [
        `${url}/path?query`,
        {
          host: 'ignored.test',
          hostname: 'ignored.test',
          port: 1,
          path: '/ignored',
          method: 'POST',
          protocol: 'https:',
          socketPath: '/ignored.sock',
          timeout: 1,
          href: 'ws://ignored.test',
          pathname: '/ignored',
          search: '?ignored',
        },
      ]);
      await t.until('subject open');
    },
  },
  {
    name: 'defaultPort decides whether the Host header has the port',
    async play(t) {
      const { url, port } = await t.rawServer(({ accept }) =>
        switching(accept),
      );
      for (const [count, defaultPort] of [port, 1, 0, undefined].entries()) {
        dial(t, [url, { defaultPort }]);
        await t.until('subject open', { count: count + 1 });
      }
    },
  },
];
