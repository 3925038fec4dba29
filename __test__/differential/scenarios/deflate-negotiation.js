'use strict';

const { constants } = require('node:zlib');

/** Options under which offers are made and responses are checked. */
const OPTIONS = {
  none: undefined,
  'an empty object': {},
  'no context on the server': { serverNoContextTakeover: true },
  'context on the server': { serverNoContextTakeover: false },
  'no context on the client': { clientNoContextTakeover: true },
  'context on the client': { clientNoContextTakeover: false },
  'both without context': {
    clientNoContextTakeover: true,
    serverNoContextTakeover: true,
  },
  '10 bits on the server': { serverMaxWindowBits: 10 },
  'no bits on the server': { serverMaxWindowBits: false },
  'any bits on the server': { serverMaxWindowBits: true },
  '10 bits on the client': { clientMaxWindowBits: 10 },
  'no bits on the client': { clientMaxWindowBits: false },
  'any bits on the client': { clientMaxWindowBits: true },
  'bits of null': { clientMaxWindowBits: null, serverMaxWindowBits: null },
  'bits of 0': { clientMaxWindowBits: 0, serverMaxWindowBits: 0 },
  'bits as strings': { clientMaxWindowBits: '10', serverMaxWindowBits: '10' },
  'bits out of range': { clientMaxWindowBits: 20, serverMaxWindowBits: 7 },
  everything: {
    clientMaxWindowBits: 9,
    clientNoContextTakeover: true,
    concurrencyLimit: 3,
    maxPayload: 100,
    serverMaxWindowBits: 11,
    serverNoContextTakeover: true,
    threshold: 5,
    zlibDeflateOptions: { level: 9 },
    zlibInflateOptions: { chunkSize: constants.Z_MIN_CHUNK },
  },
};

/** What `extension.parse()` makes of the header of the other end. */
const CONFIGURATIONS = {
  'no parameters': [{}],
  server_no_context_takeover: [{ server_no_context_takeover: [true] }],
  client_no_context_takeover: [{ client_no_context_takeover: [true] }],
  client_max_window_bits: [{ client_max_window_bits: [true] }],
  'client_max_window_bits=8': [{ client_max_window_bits: ['8'] }],
  'client_max_window_bits=10': [{ client_max_window_bits: ['10'] }],
  'client_max_window_bits=15': [{ client_max_window_bits: ['15'] }],
  'client_max_window_bits=7': [{ client_max_window_bits: ['7'] }],
  'client_max_window_bits=16': [{ client_max_window_bits: ['16'] }],
  'client_max_window_bits=': [{ client_max_window_bits: [''] }],
  'client_max_window_bits=ten': [{ client_max_window_bits: ['ten'] }],
  'client_max_window_bits=10.5': [{ client_max_window_bits: ['10.5'] }],
  'client_max_window_bits=0x0a': [{ client_max_window_bits: ['0x0a'] }],
  'client_max_window_bits=1e1': [{ client_max_window_bits: ['1e1'] }],
  'client_max_window_bits= 10': [{ client_max_window_bits: [' 10 '] }],
  'client_max_window_bits=+10': [{ client_max_window_bits: ['+10'] }],
  'client_max_window_bits as a number': [{ client_max_window_bits: [10] }],
  'client_max_window_bits twice': [{ client_max_window_bits: ['9', '10'] }],
  'client_max_window_bits of nothing': [{ client_max_window_bits: [] }],
  server_max_window_bits: [{ server_max_window_bits: [true] }],
  'server_max_window_bits=8': [{ server_max_window_bits: ['8'] }],
  'server_max_window_bits=10': [{ server_max_window_bits: ['10'] }],
  'server_max_window_bits=15': [{ server_max_window_bits: ['15'] }],
  'server_max_window_bits=7': [{ server_max_window_bits: ['7'] }],
  'server_max_window_bits=16': [{ server_max_window_bits: ['16'] }],
  'server_max_window_bits=010': [{ server_max_window_bits: ['010'] }],
  'server_max_window_bits twice': [{ server_max_window_bits: ['9', '10'] }],
  'server_no_context_takeover=1': [{ server_no_context_takeover: ['1'] }],
  'client_no_context_takeover=true': [{ client_no_context_takeover: ['true'] }],
  'server_no_context_takeover twice': [
    { server_no_context_takeover: [true, true] },
  ],
  'an unknown parameter': [{ foo: [true] }],
  'an unknown parameter behind a known one': [
    { server_no_context_takeover: [true], foo: ['1'] },
  ],
  'two offers': [
    { server_max_window_bits: ['8'] },
    { client_max_window_bits: [true] },
  ],
  'two offers, the second of them bad': [{}, { server_max_window_bits: ['x'] }],
  'all that there is': [
    {
      server_no_context_takeover: [true],
      client_no_context_takeover: [true],
      server_max_window_bits: ['12'],
      client_max_window_bits: ['12'],
    },
  ],
};

const MISUSES = {
  'no list': undefined,
  'an empty list': [],
  'null in a list': [null],
  'a value that is no list': [{ client_max_window_bits: true }],
  'a value that is a string': [{ client_max_window_bits: '9' }],
};

module.exports = [
  {
    name: 'offer() by each of the options',
    async play(t) {
      for (const [title, options] of Object.entries(OPTIONS)) {
        const extension = new t.ws.PerMessageDeflate(options);
        t.call(title, () => extension.offer());
        t.note('params', extension.params);
      }
    },
  },
  ...[true, false].map((isServer) => ({
    name: `accept() on the ${isServer ? 'server' : 'client'}: each of the options with each configuration`,
    async play(t) {
      for (const [title, options] of Object.entries(OPTIONS)) {
        for (const [other, given] of Object.entries(CONFIGURATIONS)) {
          const extension = new t.ws.PerMessageDeflate({
            ...options,
            isServer,
          });
          const configurations = structuredClone(given);
          t.call(`${title}; ${other}`, () => extension.accept(configurations));
          t.note('changed', configurations, extension.params);
        }
      }
    },
  })),
  {
    name: 'accept() returns one of the objects that it was given',
    async play(t) {
      for (const isServer of [true, false]) {
        const extension = new t.ws.PerMessageDeflate({ isServer });
        const configurations = [{ client_max_window_bits: ['9'] }, {}];
        const accepted = extension.accept(configurations);
        t.note('same', accepted === configurations[0]);
        t.note('kept', accepted === extension.params);
      }
    },
  },
  {
    name: 'what accept() cannot use',
    async play(t) {
      for (const isServer of [true, false]) {
        for (const [title, given] of Object.entries(MISUSES)) {
          const extension = new t.ws.PerMessageDeflate({ isServer });
          const configurations = structuredClone(given);
          noteClass(t, title, () => extension.accept(configurations));
        }
      }
    },
  },
  {
    name: 'what an instance keeps of its options',
    async play(t) {
      const names = ['_options', '_threshold', '_maxPayload', '_isServer'];
      const given = [
        undefined,
        null,
        {},
        { threshold: 0, maxPayload: 5, isServer: 1 },
        { threshold: null, maxPayload: '7', isServer: '' },
        { threshold: undefined, maxPayload: -1 },
        { threshold: 'x', maxPayload: 2 ** 32 + 3 },
        { maxPayload: 1.9 },
      ];
      for (const options of given) {
        const extension = new t.ws.PerMessageDeflate(options);
        t.properties(extension, [...names, 'params', '_deflate', '_inflate']);
        t.note('same', extension._options === options);
      }
      t.call('a third kind', () => new t.ws.PerMessageDeflate('text'));
    },
  },
  {
    name: 'the class',
    async play(t) {
      const { PerMessageDeflate } = t.ws;
      t.note('name', PerMessageDeflate.name, PerMessageDeflate.length);
      t.note('extensionName', PerMessageDeflate.extensionName);
      t.call('without new', () => PerMessageDeflate());
      noteClass(t, 'set', () => {
        PerMessageDeflate.extensionName = 'other';
      });
    },
  },
];

/** Where the message is the engine's, and quotes the source. */
function noteClass(t, label, action) {
  try {
    t.note(`${label} ->`, action());
  } catch (error) {
    t.note(`${label} threw a ${error.constructor.name}`);
  }
}
