'use strict';

/*
 * A host may forbid that JavaScript sees memory which is not V8's, as Electron does: what would have been handed over is
 * copied. The build for tests plays such a host.
 */

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { connect } = require('../support/connections');
const { SeededRandom } = require('../support/random');
const { WebSocket } = require('../support/subject');
const { messagesOf } = require('../support/waiting');
const { native } = require('./support');

for (const role of ['server', 'client']) {
  for (const perMessageDeflate of [false, { threshold: 0 }]) {
    const how = perMessageDeflate ? 'compressed' : 'plain';

    test(`${how} frames are copied where memory may not be handed over [${role}]`, async (t) => {
      // Frames as long as these are handed to a stream.
      WebSocket.configure({ takeover: false });
      const before = native.forbidExternalMemory(1);
      t.after(() => native.forbidExternalMemory(0));

      const { subject, peer } = await connect(t, role, {
        subject: { perMessageDeflate },
        peer: { perMessageDeflate },
      });
      const random = new SeededRandom(1);
      const messages = [20_000, 300_000, 3_000_000].map((length) =>
        random.bytes(length),
      );
      const arrived = messagesOf(peer, messages.length);

      for (const message of messages) subject.send(message);

      const received = (await arrived).map(({ data }) => data);
      assert.deepEqual(
        received.map((data, i) => data.equals(messages[i])),
        [true, true, true],
      );
      const isEncoded = role === 'client' || perMessageDeflate;
      if (isEncoded) assert.ok(native.forbidExternalMemory(1) > before);
    });
  }
}
