'use strict';

// A server that takes messages of any length, in a process that has little memory left for them.

const fs = require('node:fs');

const { WebSocketServer } = require('../subject');

const BLOCK = 64 * 1024 * 1024;
/** What is left of the memory, in blocks. */
const LEFT = 2;

const wss = new WebSocketServer({
  port: 0,
  host: '127.0.0.1',
  maxPayload: 0,
  perMessageDeflate: true,
});
const taken = [];

wss.on('listening', () => console.log(`port ${wss.address().port}`));
wss.on('connection', (connection, { url }) => {
  // Not before there is a connection, so that whatever is made once is there.
  if (url === '/take') takeMemory();
  connection.on('message', (data) => connection.send(`${data.length}`));
  connection.on('error', ({ code, message }) => {
    console.log(`error ${JSON.stringify({ code, message })}`);
  });
});

/**
 * Memory that is not written to costs nothing but addresses, and these are what is limited. To ask for
 * more than there is would do, too, but early versions of Node 20 may end there.
 */
function takeMemory() {
  const left = addressesLeft();

  for (let take = LEFT * BLOCK; take + BLOCK <= left; take += BLOCK) {
    taken.push(Buffer.allocUnsafeSlow(BLOCK));
  }
}

/** How many bytes of addresses the limit leaves; Linux only. */
function addressesLeft() {
  const limit = numberIn('limits', /^Max address space +(\d+)/m);
  const used = numberIn('status', /^VmSize:\s+(\d+) kB/m) * 1024;
  return limit - used;
}

function numberIn(file, pattern) {
  return Number(pattern.exec(fs.readFileSync(`/proc/self/${file}`, 'utf8'))[1]);
}
