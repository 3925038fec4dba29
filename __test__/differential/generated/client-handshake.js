'use strict';

const fc = require('fast-check');

const EXTENSIONS = [
  ...['permessage-deflate', 'permessage-deflate; server_no_context_takeover'],
  ...['permessage-deflate; client_no_context_takeover', 'x-other', ''],
  ...['permessage-deflate; server_max_window_bits=10', 'permessage-deflate;'],
  ...['permessage-deflate; server_max_window_bits=16'],
  ...['permessage-deflate; client_max_window_bits=9'],
  ...['permessage-deflate; client_max_window_bits'],
  ...[
    'permessage-deflate; unknown=1',
    'permessage-deflate, permessage-deflate',
  ],
  ...['permessage-deflate; server_no_context_takeover=1', 'a b'],
];

const response = fc.record({
  status: often(
    'HTTP/1.1 101 Switching Protocols',
    ...['HTTP/1.1 200 OK', 'HTTP/1.1 400 Bad Request', 'HTTP/1.1 302 Found'],
    ...['HTTP/1.1 401 Unauthorized', 'HTTP/1.0 101 X', 'HTTP/1.1 204 None'],
    ...['nonsense', 'HTTP/1.1 99999 X', 'HTTP/1.1 103 Early Hints'],
  ),
  Upgrade: often('websocket', 'WebSocket', 'foo', '', undefined),
  Connection: often('Upgrade', 'upgrade', 'keep-alive', undefined),
  accept: often('right', 'wrong', undefined),
  protocol: fc.constantFrom(undefined, undefined, 'a', 'b', 'A', '', 'a,b'),
  extensions: fc.constantFrom(undefined, undefined, undefined, ...EXTENSIONS),
  location: fc.constantFrom(
    undefined,
    '/other',
    'nonsense:',
    'http://[',
    '/#a',
  ),
  end: often(false, true),
});

/** Random responses to a client with random options. */
module.exports = {
  name: 'responses to a client',

  arbitrary: fc.record({
    protocols: fc.constantFrom(undefined, [], 'a', ['a', 'b'], ['b']),
    options: fc.record(
      {
        perMessageDeflate: fc.constantFrom(
          ...[true, false, {}, { clientMaxWindowBits: 10 }],
          ...[{ serverMaxWindowBits: 10 }, { serverNoContextTakeover: true }],
          ...[
            { clientNoContextTakeover: true },
            { clientMaxWindowBits: false },
          ],
          ...[{ clientNoContextTakeover: false, clientMaxWindowBits: true }],
        ),
        protocolVersion: fc.constantFrom(8, 13),
        origin: fc.constantFrom('http://a.example', '', undefined),
        followRedirects: fc.boolean(),
        maxRedirects: fc.constantFrom(0, 1, 2),
        headers: fc.constantFrom({ 'X-A': '1', Cookie: 'c=d', host: 'h' }),
        auth: fc.constantFrom('user:password', ''),
      },
      { requiredKeys: [] },
    ),
    responses: fc.array(response, { minLength: 1, maxLength: 3 }),
    listens: fc.record({ unexpected: fc.boolean(), redirect: fc.boolean() }),
    closesIn: fc.option(
      fc.record({
        event: fc.constantFrom('upgrade', 'open', 'redirect', 'error'),
        how: fc.constantFrom('close', 'terminate'),
      }),
      { nil: null },
    ),
  }),

  async play(t, { protocols, options, responses, listens, closesIn }) {
    t.catchUncaught();
    const { url } = await t.rawServer(({ accept, number, socket }) => {
      const plan = responses[Math.min(number, responses.length) - 1];
      // Nothing follows an informational response.
      if (plan.end || plan.status.includes('103'))
        socket.end(textOf(plan, accept));
      else return textOf(plan, accept);
    });
    const subject = t.call('constructor', () =>
      t.client(`${url}/path?query`, protocols, options),
    );
    if (!subject) return;
    let isDone = false;
    for (const event of ['open', 'close', 'unexpected-response']) {
      if (event === 'unexpected-response' && !listens.unexpected) continue;
      subject.on(event, () => (isDone = true));
    }
    watch(t, subject, listens, closesIn);

    await t.wait(() => isDone, 'end of the handshake');
    await t.turn();
    t.properties(subject, [...PROPERTIES, '_redirects', '_req']);
    t.note('parameters', subject._extensions['permessage-deflate']?.params);
    t.call('terminate', () => subject.terminate());
    await t.until('subject close');
    t.properties(subject, PROPERTIES);
    await t.settle();
  },
};

const PROPERTIES = ['readyState', 'protocol', 'extensions', 'bufferedAmount'];

function watch(t, subject, listens, closesIn) {
  t.watch(subject);
  subject.on('upgrade', (incoming) =>
    t.note('subject upgrade', incoming.statusCode, incoming.headers),
  );
  if (listens.unexpected) {
    subject.on('unexpected-response', (request, incoming) => {
      t.note('unexpected-response', request, incoming.statusCode);
    });
  }
  if (listens.redirect) {
    subject.on('redirect', (url, request) => {
      t.note('redirect', url, request, request.getHeaders());
    });
  }
  if (closesIn && (closesIn.event !== 'redirect' || listens.redirect)) {
    subject.once(closesIn.event, () => {
      t.call(`${closesIn.how} in ${closesIn.event}`, () =>
        subject[closesIn.how](),
      );
    });
  }
}

function textOf(plan, accept) {
  const lines = [plan.status];
  const add = (name, text) =>
    text !== undefined && lines.push(`${name}: ${text}`);
  add('Upgrade', plan.Upgrade);
  add('Connection', plan.Connection);
  if (plan.accept) {
    add('Sec-WebSocket-Accept', plan.accept === 'right' ? accept : 'AAAA');
  }
  add('Sec-WebSocket-Protocol', plan.protocol);
  add('Sec-WebSocket-Extensions', plan.extensions);
  add('Location', plan.location);
  if (!plan.status.includes('101')) add('Content-Length', '0');
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function often(usual, ...others) {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}
