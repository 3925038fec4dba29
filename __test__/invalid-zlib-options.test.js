'use strict';

const assert = require('node:assert/strict');
const { connect, testInRoles } = require('./support/connections');
const { eventOf } = require('./support/waiting');

const INVALID = [
  [{ level: 10 }, 'ERR_OUT_OF_RANGE'],
  [{ memLevel: 0 }, 'ERR_OUT_OF_RANGE'],
  [{ strategy: 5 }, 'ERR_OUT_OF_RANGE'],
  [{ chunkSize: 1 }, 'ERR_OUT_OF_RANGE'],
  [{ level: 'best' }, 'ERR_INVALID_ARG_TYPE'],
];

for (const [zlibDeflateOptions, code] of INVALID) {
  const title = JSON.stringify(zlibDeflateOptions);

  testInRoles(
    `zlibDeflateOptions ${title} throw when something is compressed`,
    async (t, role) => {
      const { subject } = await connect(t, role, {
        subject: { perMessageDeflate: { zlibDeflateOptions } },
        peer: { perMessageDeflate: true },
      });

      assert.throws(() => subject.send('x'.repeat(2000)), { code });
      subject.terminate();
    },
  );
}

testInRoles('what is not compressed leaves all the same', async (t, role) => {
  const { subject, peer } = await connect(t, role, {
    subject: { perMessageDeflate: { zlibDeflateOptions: { level: 10 } } },
    peer: { perMessageDeflate: true },
  });

  subject.send('plain', { compress: false });

  const [data] = await eventOf(peer, 'message');
  assert.equal(`${data}`, 'plain');
});

testInRoles('options that zlib takes pass', async (t, role) => {
  const { subject, peer } = await connect(t, role, {
    subject: {
      perMessageDeflate: {
        zlibDeflateOptions: { memLevel: 9, chunkSize: 1024 },
      },
    },
    peer: { perMessageDeflate: true },
  });

  subject.send('x'.repeat(2000));

  const [data] = await eventOf(peer, 'message');
  assert.equal(data.length, 2000);
});

testInRoles(
  'a Blob that cannot be compressed is an error of the connection',
  async (t, role) => {
    const { subject } = await connect(t, role, {
      subject: { perMessageDeflate: { zlibDeflateOptions: { strategy: 5 } } },
      peer: { perMessageDeflate: true },
    });
    const failed = eventOf(subject, 'error');
    const closed = eventOf(subject, 'close');
    const told = new Promise((resolve) => {
      subject.send(new Blob(['x'.repeat(2000)]), resolve);
    });

    const [error] = await failed;
    assert.equal(error.code, 'ERR_OUT_OF_RANGE');
    assert.equal(await told, error);
    await closed;
  },
);

testInRoles(
  'options that throw when they are read do not end the handshake',
  async (t, role) => {
    const thrown = new Error('level');
    const zlibDeflateOptions = {
      get level() {
        throw thrown;
      },
    };
    const { subject } = await connect(t, role, {
      subject: { perMessageDeflate: { zlibDeflateOptions } },
      peer: { perMessageDeflate: true },
    });

    assert.throws(
      () => subject.send('x'.repeat(2000)),
      (error) => error === thrown,
    );
    subject.terminate();
  },
);
