'use strict';

// hawser only: a server of `ws` hands the Buffer itself to the socket, which
// reads it until the kernel has taken all of it.

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('./support/connections');

const SIZES = [10, 4096, 8192, 65_536, 16 * 1024 * 1024];

for (const size of SIZES) {
  testInRoles(
    `${size} bytes may be overwritten as soon as send() returns`,
    async (t, role) => {
      const { subject, raw } = await connectRaw(t, role);
      raw.socket.pause();
      const data = Buffer.alloc(size, 'a');

      subject.send('x'.repeat(100_000));
      subject.send(data);
      data.fill('b');
      subject.send(data);
      data.fill('c');

      raw.socket.resume();
      const [, first, second] = await raw.firstFrames(3);
      assert.ok(first.payload.equals(Buffer.alloc(size, 'a')));
      assert.ok(second.payload.equals(Buffer.alloc(size, 'b')));
    },
  );
}
