'use strict';

/*
 * The server under test on Bun's own WebSockets. Text reaches the listener as a string: that is how Bun has it, and
 * making a Buffer of it would only add to its work.
 */

/* global Bun */

const { downloadPayload, listening, readOptions } = require('./control');

const options = readOptions();
const payload = downloadPayload(options.size);
const compress = options.deflate !== 'off';

const handlers = {
  echo: { message: (ws, message) => ws.send(message, compress) },
  'fan-out': {
    open: (ws) => ws.subscribe('all'),
    // To all but the one that publishes.
    message: (ws, message) => ws.publish('all', message, compress),
  },
  upload: { message: count },
  download: { message: sendBatch },
}[options.mode];

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch(request, self) {
    const upgraded = self.upgrade(request, { data: { messages: 0, bytes: 0 } });

    return upgraded ? undefined : new Response('', { status: 426 });
  },
  websocket: {
    perMessageDeflate: compression(),
    maxPayloadLength: 100 * 1024 * 1024,
    backpressureLimit: 1024 * 1024 * 1024,
    idleTimeout: 0,
    sendPings: false,
    ...handlers,
  },
});

listening(server.port);

function count(ws, message) {
  const { data } = ws;

  data.messages++;
  data.bytes += message.length;
  if (data.messages % options.answerEvery !== 0) return;

  const answer = Buffer.alloc(16);

  answer.writeBigUInt64LE(BigInt(data.messages), 0);
  answer.writeBigUInt64LE(BigInt(data.bytes), 8);
  ws.send(answer);
}

function sendBatch(ws, request) {
  const batch = Number(request.readBigUInt64LE(0));

  for (let i = 0; i < batch; i++) ws.send(payload);
}

function compression() {
  if (options.deflate === 'off') return false;

  return options.deflate === 'takeover'
    ? { compress: '256KB', decompress: '32KB' }
    : { compress: 'shared', decompress: 'shared' };
}
