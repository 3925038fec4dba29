'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

const { Child } = require('./child');
const { busyTime } = require('./machine');
const { LOADGEN } = require('./setup');

const MEASURED_PROCESSOR = 0;
const GENERATOR_PROCESSOR = 1;
const WARM_UP = 0.35;
/** Idle: connections that are there before counting begins, so that what is needed only once is not counted. */
const FIRST_IDLE = 1000;
const CLIENT = path.join(__dirname, '..', 'clients', 'ws.js');

module.exports = { measure };

/**
 * What one run found. CPU in microseconds an operation, latency in microseconds, delay in milliseconds, memory in KiB.
 *
 * @typedef {object} Run
 * @property {number} [rate] operations a second
 * @property {{ p50: number, p99: number, max: number }} [latency]
 * @property {number} [cpu] of the whole process
 * @property {number} [mainThreadCpu] of its JavaScript thread
 * @property {number} [rss]
 * @property {number} [load] processors that it kept busy
 * @property {{ mean: number, p99: number, max: number } | null} [eventLoopDelay]
 * @property {{ load: number, limited: boolean }} [generator] `limited`: it may be what limited the rate
 * @property {object} [agreed] of permessage-deflate
 * @property {number} [compressedSize] bytes of an echo on the wire, in the mean
 * @property {number} [rssPerConnection]
 * @property {number} [others] processors that were busy with something else meanwhile
 */

/**
 * Runs one contestant through one case, in processes of their own.
 *
 * @param {import('./contestants').Contestant} contestant
 * @param {import('./cases').Case} shape
 * @param {number} seconds how long to measure
 * @returns {Promise<Run>}
 */
function measure(contestant, shape, seconds) {
  if (shape.mode === 'idle') return measureIdle(contestant, shape);
  if (shape.mode === 'client') return measureClient(contestant, shape, seconds);
  return measureServer(contestant, shape, seconds);
}

async function measureServer(contestant, shape, seconds) {
  return withChild(startServer(contestant, shape), async (server) => {
    const { port } = await server.event('listening');
    const generator = startGenerator(shape.mode, {
      ...generatorOptions(shape),
      port,
      pid: server.pid,
      'warm-up': WARM_UP,
      seconds,
    });

    return withChild(generator, async () => {
      await generator.event('measuring');
      const before = busyTime();

      server.tell('reset');

      const result = await generator.event('result');
      const busy = busyTime() - before;

      server.tell('report');
      return { ...toRun(result, busy), ...(await reportOf(server)) };
    });
  });
}

/** The difference that some thousand connections make, after garbage collection. */
async function measureIdle(contestant, shape) {
  return withChild(startServer(contestant, shape), async (server) => {
    const { port } = await server.event('listening');
    const hold = (connections) =>
      startGenerator('idle', { ...generatorOptions(shape), port, connections });

    return withChild(hold(FIRST_IDLE), async (first) => {
      await first.event('open');
      const before = await settledMemory(server);

      return withChild(hold(shape.connections), async (second) => {
        await second.event('open');
        const rss = await settledMemory(server);

        return { rss, rssPerConnection: (rss - before) / shape.connections };
      });
    });
  });
}

async function measureClient(contestant, shape, seconds) {
  return withChild(startGenerator('serve', {}), async (server) => {
    const { port } = await server.event('listening');
    const { connections, inFlight, size } = shape;
    const client = new Child(
      [
        ...[process.execPath, '--expose-gc', CLIENT],
        ...flags({ port, connections, 'in-flight': inFlight, size }),
      ],
      { processor: MEASURED_PROCESSOR, env: contestant.env },
    );

    return withChild(client, async () => {
      await client.event('ready');
      await sleep(WARM_UP * 1000);

      server.tell(`measure ${client.pid} ${seconds}`);
      await server.event('measuring');
      const before = busyTime();

      client.tell('reset');

      const result = await server.event('result');
      const busy = busyTime() - before;

      client.tell('report');
      return { ...toRun(result, busy), ...(await reportOf(client)) };
    });
  });
}

async function withChild(child, use) {
  try {
    return await use(child);
  } finally {
    await child.stop();
  }
}

function startServer({ command, env }, shape) {
  const options = flags({
    mode: ['echo', 'fan-out', 'upload', 'download'].includes(shape.mode)
      ? shape.mode
      : 'echo',
    deflate: shape.deflate,
    size: shape.size,
    'answer-every': shape.answerEvery,
  });

  return new Child([...command, ...options], {
    processor: MEASURED_PROCESSOR,
    env,
  });
}

function startGenerator(mode, options) {
  return new Child([LOADGEN, mode, ...flags(options)], {
    processor: GENERATOR_PROCESSOR,
  });
}

function generatorOptions(shape) {
  return {
    connections: shape.connections,
    'in-flight': shape.inFlight,
    size: shape.size,
    payload: shape.payload,
    deflate: shape.deflate,
    batch: shape.batch,
    used: shape.used && 'yes',
  };
}

function flags(options) {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .flatMap(([name, value]) => [`--${name}`, String(value)]);
}

function toRun(result, busy) {
  const { rate, seconds, latency, generator, server } = result;
  const { agreed, compressedSize } = result;
  const ours = generator.load + server.load;
  const others = Math.max(0, busy / seconds - ours);

  return {
    ...{ rate, latency, generator, agreed, compressedSize, others },
    ...server,
  };
}

/** What the program itself tells; the latency that a client measured takes the place of the server's. */
async function reportOf(child) {
  const { event: _event, ...report } = await child.event('report');

  return report;
}

async function settledMemory(server) {
  for (let i = 0; i < 2; i++) {
    server.tell('collect');
    await server.event('collected');
    await sleep(100);
  }

  const status = fs.readFileSync(`/proc/${server.pid}/status`, 'utf8');

  return Number(/VmRSS:\s*(\d+) kB/.exec(status)[1]);
}
