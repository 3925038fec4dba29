'use strict';

/**
 * The parameters of permessage-deflate, RFC 7692, section 7.1, right and wrong,
 * as they stand in an offer and in the answer to one: each with the `id` of its
 * row.
 *
 * @module deflate-parameters
 */

const EXTENSIONS = 'Sec-WebSocket-Extensions';
const NAME = 'permessage-deflate';

const ENDS = ['server', 'client'];
const WINDOW_BITS = [8, 9, 10, 11, 12, 13, 14, 15];
const NO_WINDOW_BITS = ['0', '7', '16', '-9', '100', 'x', '9.5', '10x', 'true'];

/** Numbers to JavaScript, and not to the RFC. */
const ODD_BITS = ['08', '010', '0x9', '1e1', '+9', '10.0', '0b1010', '0o12'];

/** Names and values that no end takes. */
const INVALID = [
  ['unknown', '; unknown'],
  ['unknown-with-a-value', '; unknown=1'],
  ['other-case', '; Server_No_Context_Takeover'],
  ['server-no-takeover-with-a-value', '; server_no_context_takeover=1'],
  ['client-no-takeover-with-a-value', '; client_no_context_takeover=true'],
  [
    'server-no-takeover-twice',
    '; server_no_context_takeover; server_no_context_takeover',
  ],
  [
    'client-no-takeover-twice',
    '; client_no_context_takeover; client_no_context_takeover',
  ],
  [
    'server-window-twice',
    '; server_max_window_bits=10; server_max_window_bits=10',
  ],
];

/** Names that every object has, and values that are no window. */
const INVALID_TOO = [
  ['prototype', '; __proto__=1'],
  ['constructor', '; constructor'],
  ...ENDS.flatMap((end) => windows(end, NO_WINDOW_BITS)),
];

/** Window bits that are written as no window bits are, of either end. */
const ODD_WINDOWS = ENDS.flatMap((end) => windows(end, ODD_BITS));

/**
 * @param {'server' | 'client'} end whose window it is
 * @param {(number | string)[]} [bits]
 * @returns {[string, string][]} the `id` and the parameter, for each of the bits
 */
function windows(end, bits = WINDOW_BITS) {
  return bits.map((each) => [
    `${end}-window-${each}`,
    `; ${end}_max_window_bits=${each}`,
  ]);
}

module.exports = {
  EXTENSIONS,
  INVALID,
  INVALID_TOO,
  NAME,
  ODD_WINDOWS,
  windows,
};
