'use strict';

/* The server under test on uWebSockets.js. BENCH_MODULE says where it is. */

const { downloadPayload, listening, readOptions } = require('./control');

const uWS = require(process.env.BENCH_MODULE);

const options = readOptions();
const payload = downloadPayload(options.size);
const compress = options.deflate !== 'off';

const handlers = {
  echo: {
    message: (ws, message, isBinary) =>
      ws.send(Buffer.from(message), isBinary, compress),
  },
  'fan-out': {
    open: (ws) => ws.subscribe('all'),
    // To all but the one that publishes.
    message: (ws, message, isBinary) =>
      ws.publish('all', Buffer.from(message), isBinary, compress),
  },
  upload: { open: startCounting, message: count },
  download: { message: sendBatch },
}[options.mode];

uWS
  .App()
  .ws('/*', {
    compression: compression(),
    maxPayloadLength: 100 * 1024 * 1024,
    maxBackpressure: 1024 * 1024 * 1024,
    idleTimeout: 0,
    sendPingsAutomatically: false,
    ...handlers,
  })
  .listen('127.0.0.1', 0, (socket) =>
    listening(uWS.us_socket_local_port(socket)),
  );

function startCounting(ws) {
  const data = ws.getUserData();

  data.messages = 0;
  data.bytes = 0;
}

function count(ws, message) {
  const data = ws.getUserData();

  data.messages++;
  data.bytes += Buffer.from(message).length;
  if (data.messages % options.answerEvery !== 0) return;

  const answer = Buffer.alloc(16);

  answer.writeBigUInt64LE(BigInt(data.messages), 0);
  answer.writeBigUInt64LE(BigInt(data.bytes), 8);
  ws.send(answer, true);
}

function sendBatch(ws, request) {
  const batch = Number(Buffer.from(request).readBigUInt64LE(0));

  for (let i = 0; i < batch; i++) ws.send(payload, true);
}

function compression() {
  if (options.deflate === 'takeover') {
    return uWS.DEDICATED_COMPRESSOR_256KB | uWS.DEDICATED_DECOMPRESSOR;
  }

  return options.deflate === 'off'
    ? uWS.DISABLED
    : uWS.SHARED_COMPRESSOR | uWS.SHARED_DECOMPRESSOR;
}
