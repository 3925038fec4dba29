'use strict';

/*
 * The server under test for everything that has the API of `ws`. BENCH_MODULE says what that is: hawser unless told
 * otherwise.
 */

const { downloadPayload, listening, readOptions } = require('./control');

const { WebSocketServer } = require(process.env.BENCH_MODULE || '../..');

const options = readOptions();
const serve = { echo, 'fan-out': fanOut, upload, download }[options.mode];
const payload = downloadPayload(options.size);

/** Echoes, for whoever watches how their rate changes. */
let messages = 0;

const wss = new WebSocketServer(
  {
    host: '127.0.0.1',
    port: 0,
    backlog: 4096,
    perMessageDeflate: deflateOptions(options.deflate),
  },
  () => listening(wss.address().port, { report: () => ({ messages }) }),
);

wss.on('connection', (ws) => {
  ws.on('error', () => {}); // The generator resets its connections.
  serve(ws);
});

function echo(ws) {
  ws.on('message', (data, isBinary) => {
    messages++;
    ws.send(data, { binary: isBinary });
  });
}

function fanOut(ws) {
  ws.on('message', (data, isBinary) => {
    for (const client of wss.clients) {
      if (client !== ws) client.send(data, { binary: isBinary });
    }
  });
}

function upload(ws) {
  let messages = 0;
  let bytes = 0;

  ws.on('message', (data) => {
    messages++;
    bytes += data.length;
    if (messages % options.answerEvery !== 0) return;

    const answer = Buffer.alloc(16);

    answer.writeBigUInt64LE(BigInt(messages), 0);
    answer.writeBigUInt64LE(BigInt(bytes), 8);
    ws.send(answer);
  });
}

function download(ws) {
  ws.on('message', (request) => {
    const count = Number(request.readBigUInt64LE(0));

    for (let i = 0; i < count; i++) ws.send(payload);
  });
}

function deflateOptions(deflate) {
  if (deflate === 'off') return false;

  const noTakeover = deflate === 'no-takeover';

  return {
    threshold: 0,
    serverNoContextTakeover: noTakeover,
    clientNoContextTakeover: noTakeover,
  };
}
