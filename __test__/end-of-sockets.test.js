'use strict';

// What a program that listens to the socket of a WebSocket hears at its end.

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { closeOf, eventOf } = require('./support/waiting');

const CLOSE = { opcode: OPCODE.CLOSE, payload: Buffer.from([3, 232]) };

/** When the socket is looked at, which may be when it is made. */
const LOOKS = {
  'before it': (subject, look) => look(),
  'in its beginning': (subject, look) => subject.once('ping', look),
  'as the closing handshake goes on': (subject, look) => {
    subject.once('ping', () => setImmediate(look));
  },
};

for (const [when, arrange] of Object.entries(LOOKS)) {
  testInRoles(
    `finish comes before end if the peer closes and ends at once, looked at ${when}`,
    async (t, role) => {
      const { subject, raw } = await connectRaw(t, role);
      const heard = listenWhen(subject, arrange);
      const closed = closeOf(subject);

      raw.send({ opcode: OPCODE.PING, payload: '' }, CLOSE);
      raw.socket.end();
      await closed;
      assertOrder(await heard);
    },
  );

  testInRoles(
    `finish comes before end if the peer ends as it answers a close frame, looked at ${when}`,
    async (t, role) => {
      const { subject, raw } = await connectRaw(t, role);
      const heard = listenWhen(subject, arrange);
      const closed = closeOf(subject);

      subject.close(1000);
      await raw.firstFrames(1);
      raw.send({ opcode: OPCODE.PING, payload: '' }, CLOSE);
      raw.socket.end();
      await closed;
      assertOrder(await heard);
    },
  );
}

/**
 * @returns {Promise<string[]>} the events of the socket, once it is closed
 */
function listenWhen(subject, arrange) {
  return new Promise((resolve) => {
    arrange(subject, () => {
      const socket = subject._socket;
      const events = [];

      for (const name of ['finish', 'end']) {
        socket.on(name, () => events.push(name));
      }
      if (socket.closed) resolve(events);
      else resolve(eventOf(socket, 'close').then(() => events));
    });
  });
}

/** What had been before somebody looked is not told. */
function assertOrder(events) {
  const order = ['finish', 'end'];

  assert.deepEqual(events, order.slice(order.length - events.length));
}
