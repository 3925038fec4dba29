'use strict';

// A Receiver one of whose listeners takes the memory of the chunk away that is
// being decoded. Prints what came of it.

const { OPCODE, buildFrame } = require('../frames');
const { WebSocket } = require('../subject');

const frames = Buffer.concat(
  Array.from({ length: 5000 }, (_, i) =>
    buildFrame({ opcode: OPCODE.BINARY, payload: `${i}`, mask: true }),
  ),
);
// In memory of its own, not of the pool.
const chunk = Buffer.from(new Uint8Array(frames).buffer);
const receiver = new WebSocket.Receiver({ isServer: true });
const first = [];
const lengths = [];
const strange = [];

const note = (error) => {
  if (!/detached/.test(error.message)) strange.push(error.message);
};

process.on('uncaughtException', note);
receiver.on('error', note);
receiver.on('message', (data) => {
  lengths.push(data.length);
  if (lengths.length > 10) return;

  first.push(`${data}`);
  if (lengths.length < 10) return;
  structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
});

try {
  receiver.write(chunk);
} catch (error) {
  note(error);
}

setImmediate(() => console.log(JSON.stringify({ first, lengths, strange })));
