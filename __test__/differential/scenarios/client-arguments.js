'use strict';

const { dial, switching } = require('../support/dialling');

/** Nothing is listening there, and nobody gets to the point of finding that out. */
const NOWHERE = 'ws://127.0.0.1:1/';

const INVALID_PROTOCOLS = [
  '',
  ' ',
  'a b',
  'a,b',
  'a, b',
  'a;b',
  'a/b',
  'a"b',
  'a(b)',
  'a<b>',
  'a@b',
  'a:b',
  'a=b',
  'a?b',
  'a[b]',
  'a\\b',
  'a{b}',
  'a\tb',
  'a\n',
  '\na',
  'ä',
  'a\u0000',
  'a\u007f',
  '日',
  [''],
  ['a', ''],
  ['a', 'a'],
  ['a', 'b', 'a'],
  ['a', 'b c'],
  [undefined],
  [null],
  [1],
  [['a']],
  [new String('a')],
  ['a', {}],
  [,], // eslint-disable-line no-sparse-arrays
  null,
  0,
  1,
  true,
  false,
  () => {},
  Symbol('a'),
  10n,
];

const VERSIONS = [
  0,
  7,
  9,
  12,
  14,
  '13',
  '8',
  13.5,
  NaN,
  Infinity,
  null,
  undefined,
  true,
  [13],
  {},
  13n,
];

/** What follows the URL in the arguments; the server takes the first subprotocol. */
const VALID_ARGUMENTS = [
  [],
  [undefined],
  [undefined, undefined],
  [undefined, null],
  [{}],
  [[]],
  [[], undefined],
  [[], null],
  ['chat'],
  ["!#$%&'*+-.^_`|~09azAZ"],
  [['chat']],
  [['chat', 'Chat', 'CHAT']],
  [['a', 'b', 'c']],
  [['a', 'b'], { origin: 'http://o.test' }],
  ['a', null],
  [undefined, { protocols: 'chat' }],
  [undefined, { protocols: ['a', 'b'] }],
  [undefined, { protocols: [] }],
  [undefined, { protocols: undefined }],
  [{ protocols: 'chat' }],
  [{ protocols: ['a', 'b'] }],
  [{ protocols: undefined }],
  [{ protocols: [] }],
  ['argument', { protocols: ['option'] }],
  [[], { protocols: ['option'] }],
  [['argument'], { protocols: 'option' }],
  [{ protocols: 'first' }, { protocols: 'second', origin: 'ignored' }],
  [{ origin: 'first' }, { origin: 'second' }],
  [new (class Options {})()],
  [Object.create({ protocols: ['inherited'], origin: 'inherited' })],
  [new Set(['chat'])],
  [new String('chat')],
  [new Date(0)],
];

const INVALID_OPTIONS = {
  'protocols null': { protocols: null },
  'protocols empty': { protocols: '' },
  'protocols a number': { protocols: 5 },
  'protocols twice': { protocols: ['a', 'a'] },
  'handshakeTimeout a string': { handshakeTimeout: '100' },
  'handshakeTimeout negative': { handshakeTimeout: -1 },
  'handshakeTimeout infinite': { handshakeTimeout: Infinity },
  'handshakeTimeout true': { handshakeTimeout: true },
  'handshakeTimeout an object': { handshakeTimeout: {} },
  'handshakeTimeout too large': { handshakeTimeout: 2 ** 53 },
  'agent a string': { agent: 'agent' },
  'agent true': { agent: true },
  'agent an object': { agent: {} },
  'headers with a bad name': { headers: { 'a b': 'c' } },
  'headers with a bad value': { headers: { a: 'b\nc' } },
  'headers undefined in value': { headers: { a: undefined } },
  'origin with a bad value': { origin: 'a\nb' },
  'origin an object': { origin: { toString: () => 'o' } },
  'origin a symbol': { origin: Symbol('o') },
  'maxHeaderSize negative': { maxHeaderSize: -1 },
  'maxHeaderSize a string': { maxHeaderSize: '5' },
  'insecureHTTPParser a string': { insecureHTTPParser: 'yes' },
  'signal nonsense': { signal: 'nonsense' },
  'lookup nonsense': { lookup: 'nonsense' },
  'createConnection nonsense': { createConnection: 'nonsense' },
  'createConnection throws': {
    createConnection() {
      throw new RangeError('no connection today');
    },
  },
  'finishRequest throws': {
    finishRequest(request) {
      request.destroy();
      throw new RangeError('no request today');
    },
  },
  'family nonsense': { family: 'nonsense' },
  'uniqueHeaders nonsense': { uniqueHeaders: 5 },
  'joinDuplicateHeaders nonsense': { joinDuplicateHeaders: 'x' },
};

module.exports = [
  {
    name: 'invalid subprotocols are thrown by the constructor',
    async play(t) {
      for (const protocols of INVALID_PROTOCOLS) {
        const label = `new with ${t.format(protocols)}`;
        t.call(label, () => new t.ws.WebSocket(NOWHERE, protocols));
      }
    },
  },
  {
    name: 'unsupported versions are thrown by the constructor',
    async play(t) {
      for (const protocolVersion of VERSIONS) {
        const label = `new with ${t.format(protocolVersion)}`;
        t.call(label, () => new t.ws.WebSocket(NOWHERE, { protocolVersion }));
      }
    },
  },
  {
    name: 'of several faults, which one is thrown',
    async play(t) {
      const attempts = [
        ['nonsense', 'a b', { protocolVersion: 1 }],
        ['nonsense', 'a b'],
        ['ftp://127.0.0.1/#a', 'a b'],
        ['ftp://127.0.0.1/#a', { protocolVersion: 1 }],
        ['ws+unix:#a'],
        [NOWHERE, 'a b', { agent: 'agent' }],
        [NOWHERE, 'a b', { handshakeTimeout: 'x' }],
        [NOWHERE, { headers: { 'a b': 'c' }, handshakeTimeout: 'x' }],
        [NOWHERE, { agent: 'agent', handshakeTimeout: 'x' }],
      ];
      for (const args of attempts) {
        t.call(`new ${t.format(args)}`, () => new t.ws.WebSocket(...args));
      }
    },
  },
  {
    name: 'a bad value of the deflate options is not looked at by the constructor',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      const { threshold, limit } = {
        threshold: 'many',
        limit: { valueOf: () => 1 },
      };
      dial(t, [
        url,
        { perMessageDeflate: { threshold, concurrencyLimit: limit } },
      ]);
      await t.until('subject open');
    },
  },
  ...VALID_ARGUMENTS.map((args, index) => ({
    name: `the arguments behind the URL, number ${index}`,
    async play(t) {
      const { url } = await t.rawServer(({ text, accept }) => {
        const [, first] =
          /^Sec-WebSocket-Protocol: ([^,\r]+)/m.exec(text) ?? [];
        return switching(
          accept,
          first ? [`Sec-WebSocket-Protocol: ${first}`] : [],
        );
      });
      dial(t, [url, ...args]);
      await t.until('subject open');
    },
  })),
  ...Object.entries(INVALID_OPTIONS).map(([what, options]) => ({
    name: `invalid options: ${what}`,
    async play(t) {
      t.catchUncaught();
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      const client = dial(t, [url, options]);
      if (client) await t.until(/^subject (?:open|close)/);
      await t.settle();
    },
  })),
  {
    name: 'the options given are neither kept nor changed',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      const options = Object.freeze({
        headers: Object.freeze({ 'X-One': 'one' }),
        perMessageDeflate: Object.freeze({ threshold: 5 }),
        protocols: Object.freeze(['a']),
      });
      const args = [url, undefined, options];
      dial(t, args, { events: ['error', 'close'] });
      await t.until('subject close');
      t.note('afterwards', options);
    },
  },
  {
    name: 'getters of the options are called once, in their order',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      const options = {};
      for (const name of ['origin', 'headers', 'closeTimeout', 'autoPong']) {
        Object.defineProperty(options, name, {
          enumerable: true,
          get: t.callback(`get ${name}`),
        });
      }
      dial(t, [url, options]);
      await t.until('subject open');
    },
  },
  {
    name: 'null in place of a URL makes the other end, and takes no socket',
    async play(t) {
      t.call('without options', () => new t.ws.WebSocket(null));
      t.call('with null', () => new t.ws.WebSocket(null, undefined, null));
      for (const options of [{}, { autoPong: true, closeTimeout: 5 }]) {
        const websocket = t.call(
          'with options',
          () => new t.ws.WebSocket(null, ['ignored', ''], options),
        );
        t.properties(websocket, [
          'readyState',
          'url',
          'protocol',
          'bufferedAmount',
          '_isServer',
          '_redirects',
          '_url',
          '_closeTimeout',
          '_autoPong',
          '_pendingAutoPongs',
          '_maxPendingAutoPongs',
        ]);
        t.call('send', () => websocket.send('x'));
        t.call('pause', () => websocket.pause());
      }
    },
  },
  {
    name: 'without new',
    async play(t) {
      t.call('called', () => t.ws.WebSocket(NOWHERE));
    },
  },
];
