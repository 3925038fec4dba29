'use strict';

// hawser only: the process of a server of ws ends.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Peer } = require('../support/connections');
const { runLimited } = require('../support/programs');
const { open } = require('../support/servers');
const { closeOf, eventOf } = require('../support/waiting');

const MEGABYTE = 1024 * 1024;
/** More than is left. */
const MESSAGE = 300 * MEGABYTE;
const FAST = { zlibDeflateOptions: { level: 1 } };
const PIECE = Buffer.alloc(8 * MEGABYTE);
const options = { skip: process.platform !== 'linux' };

const WAYS = {
  'in one frame': sendFrame,
  'in many': sendFragments,
  compressed: sendCompressed,
};

for (const [way, send] of Object.entries(WAYS)) {
  test(
    `a message ${way} for which there is no memory ends its connection, and no other`,
    options,
    async (t) => {
      const limits = { ulimit: '-v 2500000' };
      const { line } = runLimited(t, limits, 'short-of-memory');
      const url = `ws://127.0.0.1:${await line('port')}`;
      const other = await open(t, `${url}/take`);
      const client = await open(t, url, Peer, { perMessageDeflate: FAST });
      const closed = closeOf(client);

      send(client);

      assert.equal((await closed).code, 1009);
      assert.deepEqual(JSON.parse(await line('error')), {
        code: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
        message: 'Not enough memory for the message',
      });
      other.send('still there');
      assert.equal(String((await eventOf(other, 'message'))[0]), '11');
    },
  );
}

/** The header of a long frame, and of its payload as much as the server takes. */
function sendFrame(client) {
  const header = Buffer.alloc(14);
  header[0] = 0x82;
  header[1] = 0x80 | 127;
  header.writeBigUInt64BE(BigInt(MESSAGE), 2);
  const { _socket: socket } = client;
  socket.write(header);
  sendWhile(client, MESSAGE, (piece, done) => socket.write(piece, done));
}

function sendFragments(client) {
  sendWhile(client, MESSAGE, (piece, done) => {
    client.send(piece, { fin: false, binary: true, compress: false }, done);
  });
}

/** A few bytes that become many. */
function sendCompressed(client) {
  sendWhile(client, MESSAGE, (piece, done) => {
    client.send(piece, { fin: false, binary: true, compress: true }, done);
  });
}

function sendWhile(client, left, send) {
  if (left <= 0 || client.readyState !== Peer.OPEN) return;
  send(PIECE, () => sendWhile(client, left - PIECE.length, send));
}
