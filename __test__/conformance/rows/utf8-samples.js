'use strict';

/**
 * Bytes that are UTF-8, RFC 3629, and bytes that are not.
 *
 * @module utf8-samples
 */

/** Valid text with characters of each length, to be cut at every byte. */
const SAMPLES = ['é', '€', '😀', '\u{10ffff}', 'κόσμε', 'aé€😀z'];

/** First and last of each length, around the surrogates, and of each plane; noncharacters. */
const VALID_CODE_POINTS = [
  [
    'the first and last of 1, 2 and 3 bytes',
    [0x00, 0x7f, 0x80, 0x7ff, 0x800, 0xffff],
  ],
  ['those beside the surrogates', [0xd7ff, 0xe000]],
  ['byte order mark and replacement character', [0xfeff, 0xfffd]],
  ['noncharacters of the first plane', [0xfdd0, 0xfdef, 0xfffe]],
  ['within the first plane', [0x20ac, 0x3042, 0x4e2d, 0xac00]],
  [
    'the first and the last three of planes 1 to 16',
    Array.from({ length: 16 }, (_, i) => (i + 1) << 16).flatMap((plane) => [
      plane,
      plane + 0xfffd,
      plane + 0xfffe,
      plane + 0xffff,
    ]),
  ],
].flatMap(([group, points]) => points.map((point) => [group, point]));

/** Bytes that cannot stand between two ASCII characters. */
const INVALID_BYTES = [
  ...range(0x80, 0xbf).map((byte) => [
    'a continuation byte that continues nothing',
    byte,
  ]),
  ...range(0xc0, 0xc1).map((byte) => ['0xc0 and 0xc1', byte]),
  ...range(0xc2, 0xdf).map((byte) => ['the first of 2 bytes alone', byte]),
  ...range(0xe0, 0xef).map((byte) => ['the first of 3 bytes alone', byte]),
  ...range(0xf0, 0xf4).map((byte) => ['the first of 4 bytes alone', byte]),
  ...range(0xf5, 0xff).map((byte) => ['0xf5 to 0xff', byte]),
];

/**
 * What is wrong, the bytes, and `'at the end'` where they are only wrong if
 * nothing follows.
 */
const INVALID = [
  ['overlong in 2 bytes', [0xc0, 0x80]],
  ['overlong in 2 bytes', [0xc0, 0xaf]],
  ['overlong in 2 bytes', [0xc1, 0xbf]],
  ['overlong in 3 bytes', [0xe0, 0x80, 0x80]],
  ['overlong in 3 bytes', [0xe0, 0x80, 0xaf]],
  ['overlong in 3 bytes', [0xe0, 0x9f, 0xbf]],
  ['overlong in 4 bytes', [0xf0, 0x80, 0x80, 0x80]],
  ['overlong in 4 bytes', [0xf0, 0x80, 0x80, 0xaf]],
  ['overlong in 4 bytes', [0xf0, 0x8f, 0xbf, 0xbf]],
  ['a form of 5 bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
  ['a form of 5 bytes', [0xf8, 0x80, 0x80, 0x80, 0xaf]],
  ['a form of 6 bytes', [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80]],
  ['a form of 6 bytes', [0xfd, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf]],
  ['a high surrogate', [0xed, 0xa0, 0x80]],
  ['a high surrogate', [0xed, 0xaf, 0xbf]],
  ['a low surrogate', [0xed, 0xb0, 0x80]],
  ['a low surrogate', [0xed, 0xbf, 0xbf]],
  ['a pair of surrogates', [0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80]],
  ['a pair of surrogates', [0xed, 0xaf, 0xbf, 0xed, 0xbf, 0xbf]],
  ['above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ['above U+10FFFF', [0xf4, 0xbf, 0xbf, 0xbf]],
  ['above U+10FFFF', [0xf5, 0x80, 0x80, 0x80]],
  ['above U+10FFFF', [0xf7, 0xbf, 0xbf, 0xbf]],
  ['0xfe and 0xff', [0xfe, 0xfe, 0xff, 0xff]],
  ['a byte order mark of UTF-16', [0xff, 0xfe, 0x61, 0x00]],
  ['a character that another one interrupts', [0xc3, 0x61]],
  ['a character that another one interrupts', [0xe2, 0x61, 0xac]],
  ['a character that another one interrupts', [0xe2, 0x82, 0x61]],
  ['a character that another one interrupts', [0xf0, 0x9f, 0x98, 0x61]],
  ['a character that another one interrupts', [0xf0, 0x9f, 0xe2, 0x82, 0xac]],
  ['more continuation bytes than there are places', [0xc3, 0xa9, 0xa9]],
  ['more continuation bytes than there are places', [0xe2, 0x82, 0xac, 0xac]],
  [
    'more continuation bytes than there are places',
    [0xf0, 0x9f, 0x98, 0x80, 0x80],
  ],
  ['Latin-1', [0x63, 0x61, 0x66, 0xe9, 0x21]],
  ['a character without its last byte', [0xc3], 'at the end'],
  ['a character without its last byte', [0xe2, 0x82], 'at the end'],
  ['a character without its last byte', [0xf0, 0x9f, 0x98], 'at the end'],
  ['a character without its last byte', [0xf4, 0x8f, 0xbf], 'at the end'],
  ['a character without its last two bytes', [0xe2], 'at the end'],
  ['a character without its last two bytes', [0xf0, 0x9f], 'at the end'],
  ['a character without its last three bytes', [0xf0], 'at the end'],
];

module.exports = { INVALID, INVALID_BYTES, SAMPLES, VALID_CODE_POINTS };

function range(first, last) {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
