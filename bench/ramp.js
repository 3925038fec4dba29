'use strict';

/*
 * What `ioThreads: 'auto'` does when load rises and falls: servers go through the same phases in turn, and five times a
 * second each is asked how many messages it echoed, how much its JavaScript thread ran and how late its event loop was.
 * Of several rounds, every moment's median counts.
 *
 *   node bench/ramp.js              prints a line for each phase, and draws docs/benchmarks/auto.svg
 *   node bench/ramp.js --no-write   only prints
 *   node bench/ramp.js --rounds 5   instead of 3
 *
 * Nothing is pinned: whether a second processor is free is what the policy has to find out.
 */

const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { parseArgs } = require('node:util');

const { timelines } = require('./runner/charts/timelines');
const { Child } = require('./runner/child');
const { threadTime } = require('./runner/machine');
const { LOADGEN, setUpBench } = require('./runner/setup');
const { median } = require('./runner/statistics');

const SERVER = path.join(__dirname, 'servers', 'ws.js');
const PICTURE = path.join(__dirname, '..', 'docs', 'benchmarks', 'auto.svg');
const SAMPLE = 200;
const SIZE = 125;

const PHASES = [
  { connections: 1, inFlight: 1, seconds: 2 },
  { connections: 16, inFlight: 1, seconds: 2 },
  { connections: 64, inFlight: 16, seconds: 4 },
  { connections: 16, inFlight: 1, seconds: 2 },
  { connections: 1, inFlight: 1, seconds: 3 },
];

const VARIANTS = [
  { id: 'hawser-loop', name: 'ioThreads: 0', threads: '0' },
  { id: 'hawser-thread', name: 'ioThreads: 1', threads: '1' },
  { id: 'hawser-auto', name: "ioThreads: 'auto'", threads: 'auto' },
];

main();

async function main() {
  setUpBench();

  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      'no-write': { type: 'boolean' },
    },
  });
  const runs = VARIANTS.map(() => []);

  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [index, { threads }] of VARIANTS.entries()) {
      runs[index].push(await run(threads));
    }
  }

  const curves = VARIANTS.map((variant, index) => ({
    ...variant,
    samples: middleOf(runs[index]),
  }));

  for (const { name, samples } of curves) printPhases(name, samples);
  if (values['no-write']) return;

  fs.mkdirSync(path.dirname(PICTURE), { recursive: true });
  fs.writeFileSync(PICTURE, draw(curves));
}

/**
 * @returns {Promise<{ at: number, phase: number, rate: number, javaScript: number, delay: number }[]>}
 *     seconds, messages a second, the share of a processor, milliseconds
 */
async function run(threads) {
  const server = new Child([process.execPath, SERVER], {
    env: { HAWSER_IO_THREADS: threads },
  });

  try {
    const { port } = await server.event('listening');
    const watch = new Watch(server);

    for (const [index, phase] of PHASES.entries()) {
      await drive(port, phase, () => watch.sample(index));
    }
    return watch.samples;
  } finally {
    await server.stop();
  }
}

/** The rounds of a server as one: of each moment the medians. */
function middleOf(rounds) {
  const length = Math.min(...rounds.map((samples) => samples.length));

  return Array.from({ length }, (_, index) => {
    const moment = rounds.map((samples) => samples[index]);
    const middle = (key) => median(moment.map((sample) => sample[key]));

    return {
      phase: moment[0].phase,
      at: middle('at'),
      rate: middle('rate'),
      javaScript: middle('javaScript'),
      delay: middle('delay'),
    };
  });
}

async function drive(port, { connections, inFlight, seconds }, sample) {
  const generator = new Child([
    ...[LOADGEN, 'echo', '--port', String(port), '--size', String(SIZE)],
    ...['--connections', String(connections), '--in-flight', String(inFlight)],
    ...['--warm-up', '0', '--seconds', String(seconds)],
  ]);

  try {
    await generator.event('measuring');
    for (let at = SAMPLE; at < seconds * 1000; at += SAMPLE) {
      await sleep(SAMPLE);
      await sample();
    }
    await generator.event('result');
  } finally {
    await generator.stop();
  }
}

/** Turns what a server has done so far into what it did since the last look. */
class Watch {
  constructor(server) {
    this.samples = [];
    this._server = server;
    this._began = performance.now();
    this._last = { at: this._began, messages: 0, ran: threadTime(server.pid) };
  }

  async sample(phase) {
    this._server.tell('report');
    this._server.tell('reset');

    const { eventLoopDelay, messages } = await this._server.event('report');
    const now = {
      messages,
      at: performance.now(),
      ran: threadTime(this._server.pid),
    };
    const seconds = (now.at - this._last.at) / 1000;

    this.samples.push({
      phase,
      at: (now.at - this._began) / 1000,
      rate: (messages - this._last.messages) / seconds,
      javaScript: (now.ran - this._last.ran) / seconds,
      delay: eventLoopDelay?.max ?? 0,
    });
    this._last = now;
  }
}

function printPhases(name, samples) {
  console.log(`\n${name}`);
  for (const [index, { connections, inFlight }] of PHASES.entries()) {
    const within = samples.filter(({ phase }) => phase === index);
    const middle = (key) => median(within.map((sample) => sample[key]));

    console.log(
      `${connections} × ${inFlight}`.padEnd(10),
      `${Math.round(middle('rate'))} messages/s`.padStart(20),
      `JavaScript thread ${Math.round(middle('javaScript') * 100)} %`.padStart(
        24,
      ),
      `${((middle('javaScript') / middle('rate')) * 1e6).toFixed(2)} µs/message`.padStart(
        18,
      ),
      `loop late by ${middle('delay').toFixed(1)} ms`.padStart(24),
    );
  }
}

function draw(curves) {
  const panel = (label, key, scale) => ({
    label,
    curves: curves.map(({ id, name, samples }) => ({
      ...{ id, name },
      points: samples.map((sample) => [sample.at, sample[key] * scale]),
    })),
  });
  const shapes = PHASES.map(
    ({ connections, inFlight }) => `${connections} × ${inFlight}`,
  );

  return timelines(
    `Echo of ${SIZE} bytes while load rises and falls: ${shapes.join(', ')}`,
    [
      panel('thousand messages a second', 'rate', 1 / 1000),
      panel('JavaScript thread, % of a processor', 'javaScript', 100),
      panel('event loop late by, ms', 'delay', 1),
    ],
  );
}
