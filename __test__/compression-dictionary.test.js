'use strict';

const assert = require('node:assert/strict');
const { connect, testInRoles } = require('./support/connections');
const { messagesOf } = require('./support/waiting');

const WORDS = Buffer.from('{"type":"trade","symbol":"","price":,"volume":}');
const WITH_WORDS = {
  threshold: 0,
  zlibDeflateOptions: { dictionary: WORDS },
  zlibInflateOptions: { dictionary: WORDS },
};
const TRADE = '{"type":"trade","symbol":"ABC","price":1,"volume":2}';

for (const noTakeover of [false, true]) {
  const perMessageDeflate = {
    ...WITH_WORDS,
    serverNoContextTakeover: noTakeover,
    clientNoContextTakeover: noTakeover,
  };

  testInRoles(
    `both ends begin with a dictionary ${noTakeover ? 'for each message' : 'once'}`,
    async (t, role) => {
      const { subject, peer } = await connect(t, role, {
        subject: { perMessageDeflate },
        peer: { perMessageDeflate },
      });
      const written = subject._socket.bytesWritten;

      for (const end of [subject, peer]) {
        const other = end === subject ? peer : subject;
        const received = messagesOf(other, 3);

        for (let i = 0; i < 3; i++) end.send(TRADE);

        for (const { data } of await received) assert.equal(`${data}`, TRADE);
      }

      assert.ok(subject._socket.bytesWritten - written < 3 * TRADE.length);
    },
  );
}

testInRoles(
  'a typed array and an ArrayBuffer are taken, too',
  async (t, role) => {
    const dictionary = new Uint16Array([1, 2, 3, 4]);
    const { subject, peer } = await connect(t, role, {
      subject: {
        perMessageDeflate: {
          zlibDeflateOptions: { dictionary },
          zlibInflateOptions: { dictionary: dictionary.buffer },
        },
      },
      peer: {
        perMessageDeflate: {
          zlibDeflateOptions: { dictionary },
          zlibInflateOptions: { dictionary },
        },
      },
    });
    const received = messagesOf(peer, 1);

    subject.send(Buffer.alloc(5000, Buffer.from(dictionary.buffer)));

    assert.equal((await received)[0].data.length, 5000);
  },
);
