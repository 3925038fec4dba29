'use strict';

const zlib = require('node:zlib');
const { OPCODE, buildFrame } = require('../../support/frames');
const { dial, switching } = require('../support/dialling');

const EXTENSION = 'permessage-deflate';

const OFFERS = {
  true: true,
  false: false,
  undefined,
  null: null,
  0: 0,
  1: 1,
  text: 'text',
  'empty text': '',
  'an empty object': {},
  'an array': [],
  'a function': () => {},
  serverNoContextTakeover: { serverNoContextTakeover: true },
  'serverNoContextTakeover false': { serverNoContextTakeover: false },
  clientNoContextTakeover: { clientNoContextTakeover: true },
  'clientNoContextTakeover false': { clientNoContextTakeover: false },
  'no context takeover, truthy': {
    serverNoContextTakeover: 'x',
    clientNoContextTakeover: 1,
  },
  serverMaxWindowBits: { serverMaxWindowBits: 10 },
  'serverMaxWindowBits true': { serverMaxWindowBits: true },
  'serverMaxWindowBits false': { serverMaxWindowBits: false },
  'serverMaxWindowBits text': { serverMaxWindowBits: '11' },
  'serverMaxWindowBits out of range': { serverMaxWindowBits: 99 },
  'serverMaxWindowBits a list': { serverMaxWindowBits: [9, 10] },
  clientMaxWindowBits: { clientMaxWindowBits: 10 },
  'clientMaxWindowBits true': { clientMaxWindowBits: true },
  'clientMaxWindowBits false': { clientMaxWindowBits: false },
  'clientMaxWindowBits null': { clientMaxWindowBits: null },
  'clientMaxWindowBits 0': { clientMaxWindowBits: 0 },
  'clientMaxWindowBits text': { clientMaxWindowBits: '11' },
  'clientMaxWindowBits out of range': { clientMaxWindowBits: 7 },
  everything: {
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
    serverMaxWindowBits: 9,
    clientMaxWindowBits: 12,
  },
  'in another order': {
    clientMaxWindowBits: 12,
    serverMaxWindowBits: 9,
    clientNoContextTakeover: true,
    serverNoContextTakeover: true,
  },
  'what does not show': {
    threshold: 5,
    concurrencyLimit: 3,
    zlibDeflateOptions: { level: 1 },
    isServer: true,
    maxPayload: 3,
  },
};

/** What the server may answer to each of `OPTIONS`. */
const PARAMETERS = [
  '',
  '; server_no_context_takeover',
  '; client_no_context_takeover',
  '; server_no_context_takeover; client_no_context_takeover',
  '; server_no_context_takeover=true',
  '; client_no_context_takeover=""',
  '; server_no_context_takeover; server_no_context_takeover',
  '; server_max_window_bits',
  '; server_max_window_bits=10',
  '; server_max_window_bits="10"',
  '; server_max_window_bits=8',
  '; server_max_window_bits=15',
  '; server_max_window_bits=16',
  '; server_max_window_bits=7',
  '; server_max_window_bits=010',
  '; server_max_window_bits=1e1',
  '; server_max_window_bits=0xa',
  '; server_max_window_bits=10.5',
  '; server_max_window_bits=10; server_max_window_bits=11',
  '; client_max_window_bits',
  '; client_max_window_bits=10',
  '; client_max_window_bits=8',
  '; client_max_window_bits=12',
  '; client_max_window_bits=15',
  '; client_max_window_bits=16',
  '; client_max_window_bits="12"',
  '; client_max_window_bits=x',
  '; Client_Max_Window_Bits=12',
  '; server_max_window_bits=9; client_max_window_bits=9; server_no_context_takeover; client_no_context_takeover',
  '; unknown',
  '; unknown=1',
  '; constructor',
  '; __proto__=1',
  ';server_no_context_takeover',
  ' ;\tserver_no_context_takeover',
  ';',
  '; ',
  '; =1',
  '; server_max_window_bits=',
  '; server_max_window_bits="10',
  '; server_max_window_bits="1\\0"',
];

const OPTIONS = {
  'by default': {},
  'with all limits': {
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
    serverMaxWindowBits: 10,
    clientMaxWindowBits: 10,
  },
  'with all refused': {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: false,
    clientMaxWindowBits: false,
  },
  'with clientMaxWindowBits true': { clientMaxWindowBits: true },
};

/** As text, long enough to be compressed whatever the threshold is. */
const LONG = 'compress me '.repeat(200);

function compress(text) {
  const bytes = zlib.deflateRawSync(text, {
    finishFlush: zlib.constants.Z_SYNC_FLUSH,
  });
  return bytes.subarray(0, -4);
}

module.exports = [
  {
    name: 'what is offered with each form of perMessageDeflate',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      let count = 0;
      for (const [what, perMessageDeflate] of Object.entries(OFFERS)) {
        t.note(what);
        dial(t, [url, { perMessageDeflate }], { properties: ['extensions'] });
        await t.until('subject open', { count: ++count });
      }
    },
  },
  {
    name: 'what is offered when nothing is said',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) => switching(accept));
      dial(t, [url]);
      await t.until('subject open');
      dial(t, [url, { perMessageDeflate: undefined }]);
      await t.until('subject open', { count: 2 });
    },
  },
  ...Object.entries(OPTIONS).map(([what, perMessageDeflate]) => ({
    name: `which answers are taken ${what}`,
    async play(t) {
      const { url } = await t.rawServer(({ accept, number }) =>
        switching(accept, [
          `Sec-WebSocket-Extensions: ${EXTENSION}${PARAMETERS[number - 1]}`,
        ]),
      );
      for (const [index, parameters] of PARAMETERS.entries()) {
        t.note(parameters);
        const client = dial(t, [url, { perMessageDeflate }], {
          properties: ['readyState', 'extensions'],
        });
        await t.until(/^subject (?:open|close)/, { count: index + 1 });
        t.note('parameters', client._extensions[EXTENSION]?.params);
        client.terminate();
        await t.until('subject close', { count: index + 1 });
      }
    },
  })),
  {
    name: 'the extension of a client, step by step',
    async play(t) {
      const { url } = await t.rawServer(({ accept }) =>
        switching(accept, [
          `Sec-WebSocket-Extensions: ${EXTENSION}; server_max_window_bits=12`,
        ]),
      );
      const client = dial(t, [
        url,
        { maxPayload: 1000, perMessageDeflate: { threshold: 7 } },
      ]);
      const look = (when) => {
        t.note(when, Object.keys(client._extensions), client.extensions);
        const extension = client._extensions[EXTENSION];
        if (extension) {
          t.properties(extension, [
            'params',
            '_isServer',
            '_maxPayload',
            '_threshold',
          ]);
        }
      };
      look('at once');
      client.on('upgrade', () => look('upgrade'));
      client.on('open', () => look('open'));
      client.on('close', () => look('close'));
      await t.until('subject open');
      client.terminate();
      await t.until('subject close');
    },
  },
  ...[
    '',
    '; client_no_context_takeover',
    '; client_max_window_bits=9',
    '; server_no_context_takeover; server_max_window_bits=9',
  ].map((parameters) => ({
    name: `messages are compressed as agreed: ${EXTENSION}${parameters}`,
    roles: ['client'],
    async play(t) {
      const { subject, raw } = await t.connectRaw({
        headers: [`Sec-WebSocket-Extensions: ${EXTENSION}${parameters}`],
        subject: { perMessageDeflate: { threshold: 0 } },
      });
      subject.send(LONG);
      subject.send('short');
      subject.send('');
      subject.send(LONG, { compress: false });
      subject.send(Buffer.from(LONG));
      await t.until('frame', { lane: 'raw', count: 5 });
      raw.send({ opcode: OPCODE.TEXT, rsv1: true, payload: compress('hello') });
      raw.send({ opcode: OPCODE.TEXT, payload: 'plain' });
      await t.until('subject message', { count: 2 });
    },
  })),
  ...[undefined, 0, 10, '10', 9.5, 'ten', NaN, null, true, -1, Infinity].map(
    (threshold) => ({
      name: `the threshold ${threshold}${typeof threshold === 'string' ? ' as text' : ''}`,
      roles: ['client'],
      async play(t) {
        for (const parameters of ['; client_no_context_takeover', '']) {
          const { subject, raw } = await t.connectRaw({
            headers: [`Sec-WebSocket-Extensions: ${EXTENSION}${parameters}`],
            subject: { perMessageDeflate: { threshold } },
          });
          const lengths = [0, 1, 9, 10, 11, 1023, 1024];
          for (const length of lengths) subject.send('x'.repeat(length));
          await raw.firstFrames(lengths.length);
        }
      },
    }),
  ),
  {
    name: 'maxPayload counts what comes out of the extension',
    roles: ['client'],
    async play(t) {
      const { raw, deliver } = await t.connectRaw({
        headers: [`Sec-WebSocket-Extensions: ${EXTENSION}`],
        subject: { maxPayload: 100 },
      });
      const frame = (text) =>
        raw.build({ opcode: OPCODE.TEXT, rsv1: true, payload: compress(text) });
      await deliver(frame('x'.repeat(100)));
      await deliver(frame('x'.repeat(101)));
      await t.until('subject error');
      await t.settle();
    },
  },
  {
    name: 'a compressed message in the segment of the response',
    roles: ['client'],
    async play(t) {
      await t.connectRaw({
        headers: [`Sec-WebSocket-Extensions: ${EXTENSION}`],
        firstBytes: buildFrame({
          opcode: OPCODE.TEXT,
          rsv1: true,
          payload: compress(LONG),
        }),
      });
      await t.until('subject message');
    },
  },
  {
    name: 'RSV1 without the extension agreed on, though it was offered',
    roles: ['client'],
    async play(t) {
      const { raw, deliver } = await t.connectRaw();
      await deliver(
        raw.build({ opcode: OPCODE.TEXT, rsv1: true, payload: compress('a') }),
      );
      await t.until('subject error');
      await t.settle();
    },
  },
];
