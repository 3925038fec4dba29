'use strict';

const fc = require('fast-check');

const anyBits = fc.constantFrom(
  ...[undefined, null, true, false, 0, 7, 8, 9, 15, 16, '10', NaN],
);
const anyFlag = fc.constantFrom(undefined, null, true, false, 0, 1);

const anyConfiguration = fc.record(
  {
    server_no_context_takeover: values(true, 'x', ''),
    client_no_context_takeover: values(true, 'x', ''),
    server_max_window_bits: values(true, '8', '9', '15', '16', '07', 'x', ''),
    client_max_window_bits: values(true, '8', '9', '15', '16', '07', 'x', ''),
    unknown: values(true),
  },
  { requiredKeys: [] },
);

/** PerMessageDeflate by itself: what it offers and accepts, and a message through it. */
const deflate = {
  name: 'PerMessageDeflate',

  arbitrary: fc.record({
    options: fc.option(
      fc.record(
        {
          isServer: fc.boolean(),
          serverNoContextTakeover: anyFlag,
          clientNoContextTakeover: anyFlag,
          serverMaxWindowBits: anyBits,
          clientMaxWindowBits: anyBits,
          threshold: fc.constantFrom(0, 10, '5', null),
          concurrencyLimit: fc.constantFrom(1, 10, undefined),
          maxPayload: fc.constantFrom(0, 3, undefined, '2'),
        },
        { requiredKeys: [] },
      ),
      { nil: undefined },
    ),
    configurations: fc.array(anyConfiguration, { maxLength: 3 }),
    messages: fc.array(fc.string({ maxLength: 30 }), { maxLength: 3 }),
  }),

  async play(t, { options, configurations, messages }) {
    const extension = t.call(
      'constructor',
      () => new t.ws.PerMessageDeflate(options),
    );
    if (!extension) return;
    t.after(() => extension.cleanup());
    t.call('offer', () => extension.offer());
    const copies = configurations.map((each) => structuredClone(each));
    if (copies.length === 0) copies.push({});
    t.call('accept', () => extension.accept(copies));
    t.note('configurations afterwards', copies);
    t.note('params', extension.params);
    if (!isAccepted(extension)) return;
    for (const [index, message] of messages.entries()) {
      await passThrough(t, extension, message, index);
    }
  },
};

/** With bits that zlib does not take, a thread of `ws` would throw. */
function isAccepted({ params }) {
  if (!params) return false;
  const { server_max_window_bits: server, client_max_window_bits: client } =
    params;
  return [server, client].every(
    (bits) => bits === undefined || (bits >= 9 && bits <= 15),
  );
}

/** The compressed bytes may be others; what they inflate to may not. */
function passThrough(t, extension, message, index) {
  return new Promise((resolve) => {
    extension.compress(Buffer.from(message), true, (error, compressed) => {
      t.note(`${index} compressed`, error);
      if (error) {
        resolve();
        return;
      }
      extension.decompress(compressed, true, (...results) => {
        t.note(`${index} decompressed`, ...results);
        resolve();
      });
    });
  });
}

const anyHeader = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'ab;,= \t"\\-é1'), maxLength: 16 }),
  fc
    .array(
      fc.constantFrom(
        ...['a', 'b', ';', ',', '=', ' ', '"', '"x y"', 'a=1', '; b="c\\"d"'],
        ...['__proto__', 'constructor', 'permessage-deflate'],
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join('')),
);

/** `extension` and `subprotocol`, on anything. */
const headers = {
  name: 'headers of extensions and subprotocols',

  arbitrary: fc.record({
    header: anyHeader,
    extensions: fc.dictionary(
      fc.constantFrom('a', 'permessage-deflate'),
      fc.oneof(
        fc.array(fc.dictionary(fc.constantFrom('b', 'c'), anyValue()), {
          maxLength: 2,
        }),
        fc.dictionary(fc.constantFrom('b', 'c'), anyValue()),
      ),
    ),
  }),

  async play(t, { header, extensions }) {
    const { extension, subprotocol } = t.ws;
    const parsed = t.call('parse', () => extension.parse(header));
    if (parsed) t.call('format parsed', () => extension.format(parsed));
    t.call('format', () => extension.format(extensions));
    t.call('subprotocols', () => subprotocol.parse(header));
  },
};

function anyValue() {
  const single = fc.constantFrom(true, false, 'x', 1, 'a b', '', 15);
  return fc.oneof(single, fc.array(single, { maxLength: 2 }));
}

function values(...choices) {
  return fc.array(fc.constantFrom(...choices), { minLength: 1, maxLength: 2 });
}

module.exports = [deflate, headers];
