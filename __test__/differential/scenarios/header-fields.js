'use strict';

/** For `extension.parse()`. */
const EXTENSIONS = [
  'foo',
  ' foo',
  'foo ',
  '\tfoo\t',
  'foo,bar',
  'foo, bar',
  'foo ,\tbar',
  'foo; bar',
  'foo;bar;baz',
  'foo; bar=1',
  'foo; bar="1"',
  'foo; bar="a\\"b"',
  'foo; bar="\\a"',
  'foo; bar="a\\b\\c"',
  'foo; bar=1; bar=2; bar',
  'foo; bar=1, foo; bar=2',
  'foo; bar=1, foo',
  'foo; bar = 1',
  'foo; bar =1',
  'foo; bar= 1',
  'foo; bar="1" ; baz',
  'foo; bar="1";baz="2",qux',
  'foo\t;\tbar\t,\tqux',
  "!#$%&'*+-.^_`|~09azAZ",
  'constructor; __proto__=1',
  '__proto__; constructor',
  'permessage-deflate; client_max_window_bits; server_no_context_takeover',
  '',
  ' ',
  ',',
  ';',
  '=',
  '"',
  '\\',
  'foo,',
  'foo, ',
  'foo,,bar',
  ',foo',
  'foo;',
  'foo; ',
  'foo;;bar',
  'foo;=1',
  'foo; bar=',
  'foo; bar=,',
  'foo; bar=;',
  'foo; bar==1',
  'foo=1',
  'foo bar',
  'foo bar,',
  'foo; bar baz',
  'foo; bar=a b',
  'foo; bar=1 ',
  'foo; bar ',
  'foo; bar="',
  'foo; bar=""',
  'foo; bar="a',
  'foo; bar="a\\',
  'foo; bar="a b"',
  'foo; bar="a"b',
  'foo; bar="a""b"',
  'foo; bar="a"=',
  'foo; bar=a"b"',
  'foo; bar="a,b"',
  'foo; bar="é"',
  'foo; b\\ar',
  'f"oo',
  'foo\r',
  'foo\u0000',
  'f(oo)',
  'foo@',
  'é',
  'foo\u0100',
];

/** For `extension.format()`. */
const MAPS = [
  {},
  { foo: {} },
  { foo: [{}] },
  { foo: [] },
  { foo: [{}, {}] },
  { foo: [{ a: true }] },
  { foo: { a: true } },
  { foo: { a: 1, b: 'two', c: [true, '3'] } },
  { foo: [{ a: [1] }, { b: [true, true] }], bar: [{}] },
  { foo: { a: false, b: null, c: undefined, d: '' } },
  { foo: { a: 'needs quotes' } },
  { foo: { a: [] } },
  { foo: 'text' },
  { foo: 5 },
  { foo: null },
  { foo: [null] },
];

const SUBPROTOCOLS = [
  'foo',
  'foo,bar',
  'foo, bar',
  'foo ,bar',
  'foo\t,\tbar',
  'foo , bar , baz',
  "!#$%&'*+-.^_`|~09azAZ",
  'constructor',
  '__proto__',
  '',
  ' ',
  '\t',
  ' foo',
  'foo ',
  'foo\t',
  'foo, ',
  'foo,',
  ',',
  ',foo',
  'foo,,bar',
  'foo bar',
  'foo bar,baz',
  'foo;bar',
  'foo="bar"',
  'foo,foo',
  'foo, bar, foo',
  'foo,Foo',
  '"foo"',
  'f(oo)',
  'é',
  'foo\r\n',
  'foo\u0100',
];

const NOT_TEXT = [undefined, null, 5, true, {}, [], ['f', 'o'], Symbol('x')];

module.exports = [
  {
    name: 'extension.parse()',
    async play(t) {
      for (const text of EXTENSIONS) {
        t.call(JSON.stringify(text), () => t.ws.extension.parse(text));
      }
    },
  },
  {
    name: 'what extension.parse() returns has no prototype, and its lists have',
    async play(t) {
      const offers = t.ws.extension.parse('foo; bar=1');
      t.note('offers', Object.getPrototypeOf(offers));
      t.note('foo', Array.isArray(offers.foo), offers.foo.length);
      t.note('params', Object.getPrototypeOf(offers.foo[0]));
      t.note('bar', Array.isArray(offers.foo[0].bar));
      t.note('inherited', offers.toString, offers.foo[0].toString);
    },
  },
  {
    name: 'extension.format()',
    async play(t) {
      for (const [index, map] of MAPS.entries()) {
        t.call(`map ${index}`, () => t.ws.extension.format(map));
      }
    },
  },
  {
    name: 'what extension.parse() returns can be formatted',
    async play(t) {
      const { format, parse } = t.ws.extension;
      for (const text of EXTENSIONS) {
        t.call(JSON.stringify(text), () => format(parse(text)));
      }
    },
  },
  {
    name: 'subprotocol.parse()',
    async play(t) {
      for (const text of SUBPROTOCOLS) {
        t.call(JSON.stringify(text), () => t.ws.subprotocol.parse(text));
      }
    },
  },
  {
    name: 'what is no string',
    async play(t) {
      for (const [index, value] of NOT_TEXT.entries()) {
        const { extension, subprotocol } = t.ws;
        noteFailure(t, `subprotocol ${index}`, () => subprotocol.parse(value));
        noteFailure(t, `extension ${index}`, () => extension.parse(value));
        noteFailure(t, `format ${index}`, () => extension.format(value));
      }
      t.note('keys', Object.keys(t.ws.extension).sort());
      t.note('keys', Object.keys(t.ws.subprotocol));
    },
  },
];

/** The message of a TypeError is the engine's, and quotes the source. */
function noteFailure(t, label, action) {
  try {
    t.note(`${label} ->`, action());
  } catch (error) {
    const { name } = error.constructor;
    t.note(`${label} threw`, name, name === 'TypeError' ? '' : error.message);
  }
}
