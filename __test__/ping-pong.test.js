'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { connect, connectRaw, testInRoles } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { listenRaw } = require('./support/raw-peer');
const { WebSocket } = require('./support/subject');
const { closeOf, eventOf } = require('./support/waiting');

testInRoles('a ping is answered with its data', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);
  const pinged = eventOf(subject, 'ping');
  const data = Buffer.from([0, 255, 128, ...Array(122).fill(9)]);

  raw.send({ opcode: OPCODE.PING, payload: data });

  const [pong] = await raw.firstFrames(1);
  assert.equal(pong.opcode, OPCODE.PONG);
  assert.equal(pong.masked, role === 'client');
  assert.deepEqual(pong.payload, data);
  const [seen] = await pinged;
  assert.ok(Buffer.isBuffer(seen));
  assert.deepEqual(seen, data);
});

testInRoles(
  'ping() sends what it is given and its pong is an event',
  async (t, role) => {
    const { subject } = await connect(t, role);
    const seen = [];
    subject.on('pong', (data) => seen.push(data.toString()));
    const last = new Promise((resolve) => {
      subject.on('pong', (data) => data.toString() === 'last' && resolve());
    });

    subject.ping();
    subject.ping('string');
    subject.ping(42);
    subject.ping(Buffer.from('buffer'));
    subject.ping(new Uint8Array([65, 66]));
    subject.ping([67, 68]);
    subject.ping(new Blob(['blob']));
    subject.ping('last');

    await last;
    assert.deepEqual(seen, [
      '',
      'string',
      '42',
      'buffer',
      'AB',
      'CD',
      'blob',
      'last',
    ]);
  },
);

testInRoles('pong() may be sent unasked', async (t, role) => {
  const { subject, peer } = await connect(t, role);

  subject.pong('here');

  const [data] = await eventOf(peer, 'pong');
  assert.equal(data.toString(), 'here');
});

testInRoles(
  'an unasked pong is an event and is not answered',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const ponged = eventOf(subject, 'pong');

    raw.send({ opcode: OPCODE.PONG, payload: 'unasked' });

    assert.equal((await ponged)[0].toString(), 'unasked');
    raw.close(1000);
    await raw.end();
    assert.equal(raw.frames.length, 1);
    assert.equal(raw.closeCode, 1000);
  },
);

testInRoles(
  '125 bytes fit into a ping or pong and 126 do not',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);
    const expected = {
      name: 'RangeError',
      message: 'The data size must not be greater than 125 bytes',
    };

    for (const method of ['ping', 'pong']) {
      assert.throws(() => subject[method](Buffer.alloc(126)), expected);
      assert.throws(() => subject[method]('ü'.repeat(63)), expected);
      subject[method](Buffer.alloc(125, method));
    }

    const frames = await raw.firstFrames(2);
    assert.deepEqual(
      frames.map(({ opcode, payload }) => [opcode, payload.length]),
      [
        [OPCODE.PING, 125],
        [OPCODE.PONG, 125],
      ],
    );
  },
);

testInRoles('the callback may stand in any place', async (t, role) => {
  const { subject, raw } = await connectRaw(t, role);

  for (const method of ['ping', 'pong']) {
    await new Promise((resolve) => subject[method](resolve));
    await new Promise((resolve) => subject[method]('data', resolve));
    await new Promise((resolve) => subject[method]('data', undefined, resolve));
  }

  const frames = await raw.firstFrames(6);
  assert.deepEqual(
    frames.map(({ payload }) => payload.toString()),
    ['', 'data', 'data', '', 'data', 'data'],
  );
});

testInRoles(
  'the mask argument overrides the rule of the role',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role);

    subject.ping('1', role === 'server');
    subject.pong('2', role === 'server');

    const frames = await raw.firstFrames(2);
    assert.deepEqual(
      frames.map(({ masked }) => masked),
      [role === 'server', role === 'server'],
    );
  },
);

testInRoles(
  'autoPong: false leaves the answer to the listener',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { autoPong: false },
    });
    subject.on('ping', (data) => {
      if (data.toString() === 'answer me') subject.pong('by hand');
    });

    raw.send(
      { opcode: OPCODE.PING, payload: 'ignore me' },
      { opcode: OPCODE.PING, payload: 'answer me' },
    );
    raw.close(1000);

    await raw.end();
    assert.deepEqual(
      raw.frames
        .map(({ opcode, payload }) => [opcode, payload.toString()])
        .slice(0, 1),
      [[OPCODE.PONG, 'by hand']],
    );
    assert.equal(raw.frames.length, 2);
  },
);

testInRoles(
  'maxPendingAutoPongs ends the connection of a flood',
  async (t, role) => {
    const { subject, raw } = await connectRaw(t, role, {
      subject: { maxPendingAutoPongs: 2 },
    });
    const closed = closeOf(subject);
    const ping = { opcode: OPCODE.PING };

    raw.send(ping, ping, ping);

    assert.deepEqual(await closed, { code: 1006, reason: '' });
  },
);

testInRoles(
  'as many pings as maxPendingAutoPongs are answered',
  async (t, role) => {
    const { raw } = await connectRaw(t, role, {
      subject: { maxPendingAutoPongs: 2 },
    });

    raw.send(
      { opcode: OPCODE.PING, payload: '1' },
      { opcode: OPCODE.PING, payload: '2' },
    );
    await raw.firstFrames(2);
    raw.send(
      { opcode: OPCODE.PING, payload: '3' },
      { opcode: OPCODE.PING, payload: '4' },
    );

    const frames = await raw.firstFrames(4);
    assert.deepEqual(
      frames.map(({ payload }) => payload.toString()),
      ['1', '2', '3', '4'],
    );
  },
);

test('ping() and pong() before the connection is open throw', async (t) => {
  const listener = await listenRaw(t);
  const client = new WebSocket(listener.url);
  client.on('error', () => {});

  for (const method of ['ping', 'pong']) {
    assert.throws(() => client[method](), {
      message: 'WebSocket is not open: readyState 0 (CONNECTING)',
    });
  }

  client.terminate();
  await eventOf(client, 'close');
});

testInRoles(
  'after close() the callback of ping() and pong() gets an error',
  async (t, role) => {
    const { subject } = await connect(t, role);
    subject.close();

    for (const method of ['ping', 'pong']) {
      const error = await new Promise((resolve) =>
        subject[method]('x', resolve),
      );
      assert.match(
        error.message,
        /^WebSocket is not open: readyState [23] \(CLOS/,
      );
    }
  },
);

testInRoles('pings and messages keep their order', async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const seen = [];
  peer.on('ping', (data) => seen.push(`ping ${data}`));
  peer.on('message', (data) => seen.push(`message ${data}`));

  for (let i = 0; i < 20; i++) {
    subject.ping(i);
    subject.send(i);
  }
  subject.close();

  await eventOf(peer, 'close');
  assert.deepEqual(
    seen,
    Array.from({ length: 20 }, (_, i) => [`ping ${i}`, `message ${i}`]).flat(),
  );
});
