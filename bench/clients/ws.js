'use strict';

/*
 * The clients under test, for everything that has the API of `ws`: each keeps some messages in flight to an echo server
 * that costs little. The server counts; the latency of the first client is measured here, and stands for the others.
 */

const { createHistogram } = require('node:perf_hooks');
const { parseArgs } = require('node:util');

const { begin } = require('../servers/control');

const { WebSocket } = require(process.env.BENCH_MODULE || '../..');

const { port, connections, inFlight, size } = readArguments();
const payload = Buffer.from(
  Uint8Array.from({ length: size }, (_, i) => i * 31),
);
const latency = createHistogram();

let waiting = connections;

for (let i = 0; i < connections; i++) connect(i === 0);

/**
 * @param {boolean} timed whether this is the client whose latency is measured
 */
function connect(timed) {
  const ws = new WebSocket(`ws://127.0.0.1:${port}`, {
    perMessageDeflate: false,
  });
  const sentAt = [];
  let checked = false;

  ws.on('open', () => {
    for (let i = 0; i < inFlight; i++) send();
  });
  ws.on('message', (data) => {
    if (timed) record(performance.now() - sentAt.shift());
    if (checked) check(data.length === size);
    else {
      check(data.equals(payload));
      checked = true;
      if (--waiting === 0) ready();
    }
    send();
  });

  function send() {
    if (timed) sentAt.push(performance.now());
    ws.send(payload);
  }
}

function ready() {
  begin(
    { event: 'ready' },
    {
      reset: () => latency.reset(),
      report: () => ({
        latency: {
          p50: latency.percentile(50) / 1000,
          p99: latency.percentile(99) / 1000,
          max: latency.max / 1000,
        },
      }),
    },
  );
}

function record(milliseconds) {
  latency.record(Math.max(1, Math.round(milliseconds * 1e6)));
}

function check(holds) {
  if (!holds) throw new Error('An echo is not what was sent.');
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      connections: { type: 'string' },
      'in-flight': { type: 'string' },
      size: { type: 'string' },
    },
  });

  return {
    port: Number(values.port),
    connections: Number(values.connections),
    inFlight: Number(values['in-flight']),
    size: Number(values.size),
  };
}
