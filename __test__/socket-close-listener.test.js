'use strict';

const assert = require('node:assert/strict');
const { connectRaw, testInRoles } = require('./support/connections');
const { WebSocket } = require('./support/subject');
const { eventOf } = require('./support/waiting');

for (const [what, end] of [
  ['the peer resets it', ({ raw }) => raw.socket.resetAndDestroy()],
  ['it is destroyed', ({ subject }) => subject._socket.destroy()],
  ['terminate() does', ({ subject }) => subject.terminate()],
]) {
  testInRoles(
    `a 'close' listener of _socket finds the WebSocket closing when ${what}`,
    async (t, role) => {
      const connection = await connectRaw(t, role);
      const { subject } = connection;
      const closed = eventOf(subject, 'close');
      const socketClosed = new Promise((resolve) => {
        subject._socket.on('close', () => resolve(subject.readyState));
      });

      end(connection);

      assert.equal(await socketClosed, WebSocket.CLOSING);
      await closed;
      assert.equal(subject.readyState, WebSocket.CLOSED);
    },
  );
}
