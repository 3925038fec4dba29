'use strict';

const zlib = require('node:zlib');

const { OPCODE } = require('../../support/frames');
const { upgradeRequest } = require('../../support/upgrade-request');

const NAME = 'permessage-deflate';

/** What a client may offer; each after the name of the extension. */
const OFFERS = [
  '',
  '; server_no_context_takeover',
  '; client_no_context_takeover',
  '; client_no_context_takeover; server_no_context_takeover',
  '; server_max_window_bits=8',
  '; server_max_window_bits=9',
  '; server_max_window_bits=15',
  '; server_max_window_bits="12"',
  '; client_max_window_bits',
  '; client_max_window_bits=8',
  '; client_max_window_bits=10',
  '; client_max_window_bits=15',
  '; client_max_window_bits; server_max_window_bits=11',
  '; server_max_window_bits=10; server_no_context_takeover, permessage-deflate',
  '; client_max_window_bits=9, permessage-deflate; client_max_window_bits',
];

const FAULTY_OFFERS = [
  '; server_max_window_bits',
  '; server_max_window_bits=7',
  '; server_max_window_bits=16',
  '; server_max_window_bits=10.5',
  '; server_max_window_bits=1e1',
  '; server_max_window_bits=0xa',
  '; server_max_window_bits=ten',
  '; server_max_window_bits=010',
  '; client_max_window_bits=7',
  '; client_max_window_bits=16',
  '; client_max_window_bits=x',
  '; client_max_window_bits=""',
  '; server_no_context_takeover=true',
  '; client_no_context_takeover=""',
  '; client_no_context_takeover=1',
  '; server_no_context_takeover; server_no_context_takeover',
  '; client_max_window_bits; client_max_window_bits=10',
  '; unknown',
  '; unknown=1, permessage-deflate',
  ', permessage-deflate; unknown',
  '; Server_No_Context_Takeover',
  ';',
  ',',
  '=1',
  '; =1',
  '; server_max_window_bits=',
  '; server_max_window_bits=1 0',
  '; server_max_window_bits="1\\0"',
  '; server_max_window_bits="10',
  '; server_max_window_bits= 10',
  '; server_max_window_bits =10',
  ' ; server_max_window_bits=10 ',
];

const OPTIONS = [
  true,
  {},
  { serverNoContextTakeover: true },
  { serverNoContextTakeover: false },
  { serverNoContextTakeover: null },
  { clientNoContextTakeover: true },
  { clientNoContextTakeover: false },
  { serverMaxWindowBits: 9 },
  { serverMaxWindowBits: 15 },
  { serverMaxWindowBits: true },
  { serverMaxWindowBits: false },
  { serverMaxWindowBits: '10' },
  { serverMaxWindowBits: 0 },
  { clientMaxWindowBits: 9 },
  { clientMaxWindowBits: 15 },
  { clientMaxWindowBits: true },
  { clientMaxWindowBits: false },
  { clientMaxWindowBits: '10' },
  { clientMaxWindowBits: 0 },
  { isServer: false, maxPayload: 3 },
  {
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
    serverMaxWindowBits: 10,
    clientMaxWindowBits: 11,
  },
];

module.exports = [
  ...OPTIONS.map((perMessageDeflate) => ({
    name: `the options ${JSON.stringify(perMessageDeflate)} with each offer`,
    async play(t) {
      await answerAll(t, perMessageDeflate, OFFERS);
    },
  })),
  {
    name: 'offers that cannot be understood',
    async play(t) {
      await answerAll(t, {}, FAULTY_OFFERS);
    },
  },
  {
    name: 'the same offers where the extension is off',
    async play(t) {
      await answerAll(t, false, FAULTY_OFFERS);
    },
  },
  {
    name: 'another name than permessage-deflate',
    async play(t) {
      const { port } = await t.server({ perMessageDeflate: true });
      const values = [
        'Permessage-Deflate',
        'x-webkit-deflate-frame',
        'x, permessage-deflate; client_max_window_bits',
        'permessage-deflate, x',
        '__proto__, permessage-deflate',
        ['x', NAME],
      ];
      for (const value of values) {
        const changes = { 'Sec-WebSocket-Extensions': value };
        await t.exchange(port, upgradeRequest(changes));
      }
    },
  },
  ...[
    [true, ''],
    [{ serverNoContextTakeover: true, threshold: 0 }, ''],
    [{ serverNoContextTakeover: true, threshold: 10 }, ''],
    [{ serverNoContextTakeover: true }, ''],
    [{ serverMaxWindowBits: 9 }, '; server_max_window_bits=9'],
    [{ clientNoContextTakeover: true, threshold: 5 }, ''],
    [{ threshold: 6 }, '; client_no_context_takeover'],
    [{ threshold: Infinity, serverNoContextTakeover: true }, ''],
    [{ threshold: '5', serverNoContextTakeover: true }, ''],
    [{ threshold: undefined, serverNoContextTakeover: true }, ''],
    [{ threshold: null, serverNoContextTakeover: true }, ''],
    [{ zlibDeflateOptions: { level: 0 } }, ''],
    [{ zlibDeflateOptions: { level: 9, memLevel: 1, strategy: 2 } }, ''],
    [{ zlibInflateOptions: { chunkSize: 64 } }, ''],
  ].map(([perMessageDeflate, parameters]) => ({
    name: `messages with ${JSON.stringify(perMessageDeflate)}, threshold ${String(perMessageDeflate.threshold)}, and "${parameters}"`,
    roles: ['server'],
    async play(t) {
      const { subject, raw, deliver } = await t.connectRaw({
        subject: { perMessageDeflate },
        headers: [`Sec-WebSocket-Extensions: ${NAME}${parameters}`],
      });
      for (const [extension, { params }] of Object.entries(
        subject._extensions,
      )) {
        t.note('negotiated', extension, params);
      }
      for (const text of ['', 'tiny', 'small one', 'x'.repeat(1023)]) {
        subject.send(text);
        await t.settle();
      }
      subject.send('y'.repeat(1024));
      subject.send('not compressed', { compress: false });
      await t.settle();
      const payload = zlib
        .deflateRawSync('from the client', { finishFlush: 2 })
        .subarray(0, -4);
      await deliver(
        raw.build({ opcode: OPCODE.TEXT, rsv1: true, payload }),
        raw.build({ opcode: OPCODE.TEXT, payload: 'plain' }),
      );
      await t.settle();
    },
  })),
  ...[0, 10, 11].map((maxPayload) => ({
    name: `maxPayload ${maxPayload} counts what a message inflates to`,
    roles: ['server'],
    async play(t) {
      const { raw, deliver } = await t.connectRaw({
        subject: { perMessageDeflate: true, maxPayload },
        headers: [`Sec-WebSocket-Extensions: ${NAME}`],
      });
      const payload = zlib
        .deflateRawSync('a'.repeat(11), { finishFlush: 2 })
        .subarray(0, -4);
      await deliver(raw.build({ opcode: OPCODE.TEXT, rsv1: true, payload }));
      await t.settle();
    },
  })),
];

async function answerAll(t, perMessageDeflate, offers) {
  const { wss, port } = await t.server({ perMessageDeflate });
  wss.on('connection', (websocket) => {
    const { [NAME]: extension } = websocket._extensions;
    t.note('accepted', websocket.extensions, extension?.params);
    t.note('instance', extension?._isServer, extension?._maxPayload);
  });
  for (const offer of offers) {
    t.lane('raw').note('offer', offer);
    const changes = { 'Sec-WebSocket-Extensions': `${NAME}${offer}` };
    const { socket } = await t.exchange(port, upgradeRequest(changes));
    socket.destroy();
  }
}
