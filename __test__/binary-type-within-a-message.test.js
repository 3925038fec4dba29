'use strict';

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('./support/connections');
const { OPCODE } = require('./support/frames');
const { eventOf } = require('./support/waiting');

const TYPES = {
  nodebuffer: (data) => data,
  arraybuffer: (data) => Buffer.from(data),
  fragments: (data) => Buffer.concat(data),
};

for (const [before, after] of pairsOf(Object.keys(TYPES))) {
  testInRoles(
    `'${after}' instead of '${before}' within a message loses nothing of it`,
    async (t, role) => {
      const { subject, raw } = await connectRaw(t, role);
      const message = eventOf(subject, 'message');
      const pinged = eventOf(subject, 'ping');

      subject.binaryType = before;
      raw.send(
        { opcode: OPCODE.BINARY, payload: 'one ', fin: false },
        { opcode: OPCODE.CONTINUATION, payload: 'two ', fin: false },
        { opcode: OPCODE.PING },
      );
      await pinged;
      subject.binaryType = after;
      raw.send({ opcode: OPCODE.CONTINUATION, payload: 'three' });

      const [data, isBinary] = await message;
      assert.equal(isBinary, true);
      assert.equal(TYPES[after](data).toString(), 'one two three');

      const next = eventOf(subject, 'message');
      raw.send({ opcode: OPCODE.BINARY, payload: 'four' });
      assert.equal(TYPES[after]((await next)[0]).toString(), 'four');
    },
  );
}

function pairsOf(types) {
  return types.flatMap((one) =>
    types.filter((other) => other !== one).map((other) => [one, other]),
  );
}
