'use strict';

const fc = require('fast-check');

/**
 * Options of either end that change what happens on an open connection. What is left
 * undefined is left out.
 */
const anySubjectOptions = fc
  .record({
    maxPayload: maybe(fc.constantFrom(0, 1, 5, 20, 130, 1000, 70_000)),
    skipUTF8Validation: maybe(fc.boolean()),
    allowSynchronousEvents: maybe(fc.boolean()),
    autoPong: maybe(fc.boolean()),
    maxFragments: maybe(fc.constantFrom(0, 1, 2, 3)),
    maxBufferedChunks: maybe(fc.constantFrom(0, 1, 2, 5)),
  })
  .map((options) => JSON.parse(JSON.stringify(options)));

const OFFERS = [
  'permessage-deflate',
  'permessage-deflate; client_max_window_bits',
  'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  'permessage-deflate; server_max_window_bits=10; client_max_window_bits=11',
];

/** What servers may answer to the offer that `ws` makes. */
const ANSWERS = [
  'permessage-deflate',
  'permessage-deflate; server_no_context_takeover',
  'permessage-deflate; client_no_context_takeover',
  'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  'permessage-deflate; server_max_window_bits=9; client_max_window_bits=10',
];

/**
 * Whether and how permessage-deflate is negotiated: the option of the subject, and the
 * header of the raw peer in each role.
 */
const anyDeflate = fc.option(
  fc.record({
    threshold: fc.constantFrom(0, 10, 1024),
    server: fc.record({
      offer: fc.constantFrom(...OFFERS),
      // With `false` some of the offers would be refused.
      serverNoContextTakeover: fc.constantFrom(true, undefined),
      clientNoContextTakeover: fc.constantFrom(true, undefined),
    }),
    client: fc.record({ answer: fc.constantFrom(...ANSWERS) }),
  }),
  { nil: null },
);

module.exports = { anySubjectOptions, anyDeflate };

function maybe(arbitrary) {
  return fc.option(arbitrary, { nil: undefined });
}
