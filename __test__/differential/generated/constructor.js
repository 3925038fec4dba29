'use strict';

const net = require('node:net');
const fc = require('fast-check');

const SCHEMES = ['ws', 'wss', 'http', 'https', 'ws+unix', 'ftp', 'WS', ''];
const HOSTS = [
  ...['127.0.0.1', 'localhost', '[::1]', 'user:pass@host', 'us%40er@host'],
  ...['host:0', 'host:80', 'host:443', 'host:8080', 'host:99999', 'ho st', ''],
  ...['ünï.example', '0x7f.1'],
];
const PATHS = [
  '',
  '/',
  '/a/../b',
  '/ä?ö=1',
  '?q',
  '#f',
  '/#',
  '//x',
  '/s:/p?q',
  ':/p',
];

const anyUrl = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.constantFrom(...SCHEMES),
        fc.constantFrom(...HOSTS),
        fc.constantFrom(...PATHS),
      )
      .map(([scheme, host, path]) => `${scheme}://${host}${path}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...[
        undefined,
        '',
        'ws:',
        'ws+unix:/tmp/s',
        'ws+unix:',
        'ws:host',
        5,
        true,
      ],
      ...['//host', '/path', 'ws://', {}, []],
    ),
  },
  { weight: 1, arbitrary: fc.webUrl() },
);

const anyProtocols = fc.oneof(
  fc.constantFrom(
    ...[undefined, null, '', 'a', 'a b', 'a,b', 5, true, [''], [5], [null]],
    ...[['a', 'b'], ['a', 'a'], ['a', 'A'], ['é'], {}, { protocols: 'c' }],
    ...[{ protocols: ['c', 'd'] }, { protocols: 5 }, { protocols: null }],
  ),
  fc.array(fc.string({ maxLength: 3 }), { maxLength: 3 }),
);

const anyOptions = fc.option(
  fc.record(
    {
      protocolVersion: fc.constantFrom(8, 13, 12, '13', 0, null, undefined),
      origin: fc.constantFrom('http://a', '', null, 'a\nb'),
      headers: fc.constantFrom(
        ...[{ a: '1' }, { 'Sec-WebSocket-Key': 'x' }, { Host: 'x' }, null],
        ...[
          { Connection: 'close' },
          { Upgrade: 'x' },
          { 'a b': 'c' },
          { a: '\n' },
        ],
      ),
      perMessageDeflate: fc.constantFrom(
        ...[true, false, 0, 'x', {}, { threshold: 1 }, null],
        ...[{ clientMaxWindowBits: 7 }, { clientMaxWindowBits: 11 }],
        ...[{ serverMaxWindowBits: 11, serverNoContextTakeover: true }],
        ...[{ serverMaxWindowBits: true, clientNoContextTakeover: 1 }],
      ),
      maxPayload: fc.constantFrom(0, -1, '5', NaN, null),
      protocols: fc.constantFrom(undefined, 'x', ['x', 'y'], 7),
      auth: fc.constantFrom('a:b', undefined, ''),
      followRedirects: fc.constantFrom(true, false, 1),
      handshakeTimeout: fc.constantFrom(undefined, 0, 30_000, -1, 'x'),
      port: fc.constant(1),
      host: fc.constant('elsewhere'),
      path: fc.constant('/elsewhere'),
      method: fc.constant('POST'),
      timeout: fc.constant(1),
      socketPath: fc.constant('/nowhere'),
      defaultPort: fc.constantFrom(81),
      family: fc.constantFrom(4, 6),
      servername: fc.constantFrom('sni', ''),
      setHost: fc.boolean(),
      agent: fc.constantFrom(false, undefined),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);

/** Random arguments of the client's constructor. Nothing leaves this machine: see `connection`. */
module.exports = {
  name: 'constructor of a client',

  arbitrary: fc.record({
    url: anyUrl,
    asObject: fc.boolean(),
    protocols: anyProtocols,
    options: anyOptions,
  }),

  async play(t, { url, asObject, protocols, options }) {
    t.catchUncaught();
    const { port } = await t.rawServer(
      () =>
        'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    );
    const address = asObject ? asUrl(url) : url;
    const given = { ...options, createConnection: connection(t, port) };
    const arguments_ = isOptions(protocols)
      ? [address, { ...given, ...protocols }]
      : [address, protocols, given];

    let subject;
    t.call('constructor', () => {
      subject = t.client(...arguments_);
      t.watch(subject);
      return subject;
    });
    t.note('address', address);
    if (!subject) return;
    t.properties(subject, ['url', 'readyState', 'protocol', '_isServer']);
    await t.until('subject close');
    t.properties(subject, ['url', 'readyState', '_req', 'bufferedAmount']);
  },
};

/** Not by `URL.canParse()`, which has a fault in Node 20. */
function asUrl(url) {
  try {
    return new URL(url);
  } catch {
    return url;
  }
}

function isOptions(protocols) {
  return (
    typeof protocols === 'object' &&
    protocols !== null &&
    !Array.isArray(protocols)
  );
}

const NOTED = [
  ...[
    'host',
    'port',
    'path',
    'socketPath',
    'servername',
    'defaultPort',
    'auth',
  ],
  ...['method', 'timeout', 'hostname', 'protocol', 'protocols', 'family'],
];

/** Wherever the client wants to go, it gets to the server of the scenario. */
function connection(t, port) {
  return function createConnection(options) {
    t.properties(options, NOTED, 'createConnection');
    return net.connect(port, '127.0.0.1');
  };
}
