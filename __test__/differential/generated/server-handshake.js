'use strict';

const fc = require('fast-check');

const KEY = 'AAECAwQFBgcICQoLDA0ODw==';
const TOKENS = [
  'chat',
  'v2.chat',
  'a',
  'b',
  'chat',
  ' a',
  'a b',
  '',
  'é',
  '"a"',
];
const PARAMETERS = [
  ...['server_no_context_takeover', 'client_no_context_takeover'],
  ...['server_no_context_takeover=1', 'server_max_window_bits'],
  ...['server_max_window_bits=10', 'server_max_window_bits=8'],
  ...['server_max_window_bits=07', 'server_max_window_bits="11"'],
  ...['server_max_window_bits=16', 'client_max_window_bits'],
  ...['client_max_window_bits=15', 'client_max_window_bits=9'],
  ...['client_max_window_bits=x', 'unknown', 'unknown=1', '', '=', 'a b'],
];

const anyOffer = fc
  .tuple(
    fc.constantFrom('permessage-deflate', 'permessage-deflate', 'x-other', ''),
    fc.array(fc.constantFrom(...PARAMETERS), { maxLength: 3 }),
  )
  .map(([name, parameters]) => [name, ...parameters].join('; '));

const headerLines = fc.record({
  Host: value('127.0.0.1', 'example.org'),
  Connection: value('Upgrade', 'upgrade', 'keep-alive, Upgrade', 'close'),
  Upgrade: value(
    'websocket',
    'WebSocket',
    'websocket ',
    'h2c',
    'websockets',
    '',
  ),
  'Sec-WebSocket-Version': value(
    ...['13', '8', '7', '', '13.0', '0xd', '13, 8'],
  ),
  'Sec-WebSocket-Key': value(
    ...[
      KEY,
      KEY,
      'P3J5',
      '',
      `${KEY}=`,
      ' AAECAwQFBgcICQoLDA0ODw==',
      '+/+/+/+/+/+/+/+/+/+/+w==',
    ],
  ),
  'Sec-WebSocket-Protocol': optional(
    fc
      .array(fc.constantFrom(...TOKENS), { minLength: 1, maxLength: 4 })
      .map((tokens) => tokens.join(',')),
  ),
  'Sec-WebSocket-Extensions': optional(
    fc.oneof(
      fc
        .array(anyOffer, { minLength: 1, maxLength: 3 })
        .map((offers) => offers.join(', ')),
      fc.string({ unit: fc.constantFrom(...'ab ;,="\\-\t1'), maxLength: 12 }),
    ),
  ),
  Origin: optional(fc.constantFrom('http://a.example', 'null', '')),
  'Sec-WebSocket-Origin': optional(fc.constantFrom('http://b.example')),
});

const anyDeflateOption = fc.oneof(
  fc.constantFrom(undefined, false, true),
  fc.record(
    {
      serverNoContextTakeover: fc.constantFrom(true, false, undefined),
      clientNoContextTakeover: fc.constantFrom(true, false, undefined),
      serverMaxWindowBits: fc.constantFrom(8, 9, 12, 15, true, false),
      clientMaxWindowBits: fc.constantFrom(8, 9, 12, 15, true, false),
    },
    { requiredKeys: [] },
  ),
);

/** Random requests to a server with random options. */
module.exports = {
  name: 'requests to a server',

  arbitrary: fc.record({
    method: value('GET', 'POST', 'OPTIONS'),
    path: fc.constantFrom(
      '/',
      '/chat',
      '/chat?x=1',
      '/other',
      '*',
      '//',
      '/%zz',
    ),
    version: value('1.1', '1.0'),
    headers: headerLines,
    options: fc.record({
      path: fc.constantFrom(undefined, null, '', '/', '/chat'),
      perMessageDeflate: anyDeflateOption,
      verify: fc.constantFrom(
        ...[
          'none',
          'none',
          'true',
          'false',
          'accept',
          'refuse',
          'later',
          'headers',
        ],
      ),
      choose: fc.constantFrom('none', 'none', 'last', 'false', 'unasked', ''),
      maxPayload: fc.constantFrom(undefined, 0, 10),
    }),
    listens: fc.record({ wsClientError: fc.boolean(), headers: fc.boolean() }),
  }),

  async play(t, { method, path, version, headers, options, listens }) {
    t.catchUncaught();
    const { wss, port } = await t.server({
      path: options.path,
      perMessageDeflate: options.perMessageDeflate,
      maxPayload: options.maxPayload,
      verifyClient: verifier(t, options.verify),
      handleProtocols: chooser(t, options.choose),
    });
    listen(t, wss, listens);

    const lines = Object.entries(headers)
      .filter(([, text]) => text !== undefined)
      .map(([name, text]) => `${name}: ${text}`);
    await t.exchange(port, [`${method} ${path} HTTP/${version}`, ...lines]);
    await t.settle();
    t.note('clients', wss.clients.size);
  },
};

function listen(t, wss, listens) {
  wss.on('connection', (websocket, request) => {
    t.watch(websocket);
    t.note('connection', websocket.protocol, websocket.extensions, request.url);
    t.properties(websocket, ['readyState', 'url', 'binaryType']);
    t.note(
      'parameters',
      websocket._extensions['permessage-deflate']?.params ?? 'none',
    );
  });
  wss.on('error', t.callback('error'));
  if (listens.wsClientError) {
    wss.on('wsClientError', (error, socket, request) => {
      t.note('wsClientError', error, socket, request);
      socket.end('HTTP/1.1 418 Teapot\r\nConnection: close\r\n\r\n');
    });
  }
  if (listens.headers) {
    wss.on('headers', (lines, request) => {
      t.note('headers', lines, request);
      lines.push('X-Added: 1');
    });
  }
}

function verifier(t, kind) {
  const note = ({ origin, secure, req }, ...rest) =>
    t.note('verifyClient', { origin, secure, req }, ...rest);
  switch (kind) {
    case 'none':
      return undefined;
    case 'true':
    case 'false':
      return (info) => {
        note(info);
        return kind === 'true';
      };
    default:
      return (info, callback) => {
        note(info, callback);
        if (kind === 'accept') callback(true);
        if (kind === 'refuse') callback(false);
        if (kind === 'later') setImmediate(callback, false, 403, 'Not you');
        if (kind === 'headers') callback(false, 503, '', { 'Retry-After': 1 });
      };
  }
}

function chooser(t, kind) {
  if (kind === 'none') return undefined;
  return (protocols, request) => {
    t.note('handleProtocols', protocols, request);
    if (kind === 'last') return [...protocols].at(-1);
    return kind === 'false' ? false : kind;
  };
}

/** Mostly the right one, else one that is wrong in some way, else none. */
function value(right, ...others) {
  return fc.oneof(
    { weight: 9, arbitrary: fc.constant(right) },
    { weight: 3, arbitrary: fc.constantFrom(...others) },
    {
      weight: right === 'GET' || right === '1.1' ? 0 : 1,
      arbitrary: fc.constant(undefined),
    },
  );
}

function optional(arbitrary) {
  return fc.option(arbitrary, { nil: undefined });
}
