'use strict';

/*
 * What `ioThreads: 'auto'` does for the event loop when messages are compressed: servers echo JSON, on the event loop and
 * with `auto` in turn. Of several rounds the medians count; a ratio is the median of the ratios of each round.
 *
 *   node bench/compressed.js              prints a table, and writes it to docs/benchmarks/compressed.md, which
 *                                         docs/benchmarks.md takes in
 *   node bench/compressed.js --no-write   only prints
 *   node bench/compressed.js --rounds 7   instead of 5
 *
 * Nothing is pinned: an I/O thread needs a processor of its own.
 */

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { Child } = require('./runner/child');
const { LOADGEN, setUpBench } = require('./runner/setup');
const { median } = require('./runner/statistics');

const SERVER = path.join(__dirname, 'servers', 'ws.js');
const TABLE = path.join(__dirname, '..', 'docs', 'benchmarks', 'compressed.md');
const KB = 1024;

const CASES = [
  { name: '1 × 16 KB', connections: 1, size: 16 * KB },
  { name: '16 × 16 KB', connections: 16, size: 16 * KB },
  { name: '1 × 64 KB', connections: 1, size: 64 * KB },
  { name: '1 × 1 MB', connections: 1, size: KB * KB },
  { name: '4 × 1 MB', connections: 4, size: KB * KB },
];
const VARIANTS = ['0', 'auto'];

main();

async function main() {
  setUpBench();

  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      'no-write': { type: 'boolean' },
    },
  });
  const rows = [];

  for (const shape of CASES) {
    const rounds = [];

    for (let round = 0; round < Number(values.rounds); round++) {
      const runs = [];

      for (const threads of VARIANTS) runs.push(await run(shape, threads));
      rounds.push(runs);
    }
    rows.push(rowOf(shape, rounds));
  }

  const table = tableOf(rows);

  console.log(table);
  if (!values['no-write']) fs.writeFileSync(TABLE, `${table}\n`);
}

async function run({ connections, size }, threads) {
  const server = new Child(
    [process.execPath, SERVER, '--deflate', 'no-takeover'],
    { env: { HAWSER_IO_THREADS: threads } },
  );

  try {
    const { port } = await server.event('listening');
    const generator = new Child([
      ...[LOADGEN, 'echo', '--port', String(port), '--pid', String(server.pid)],
      ...['--connections', String(connections), '--size', String(size)],
      ...['--payload', 'json', '--deflate', 'no-takeover'],
      ...['--warm-up', '1', '--seconds', '2'],
    ]);

    try {
      await generator.event('measuring');
      server.tell('reset');

      const result = await generator.event('result');

      server.tell('report');
      const { eventLoopDelay } = await server.event('report');

      return {
        latency: result.latency.p50,
        cpu: result.server.cpu,
        javaScript: result.server.mainThreadCpu,
        delay: eventLoopDelay.p99,
      };
    } finally {
      await generator.stop();
    }
  } finally {
    await server.stop();
  }
}

function rowOf({ name }, rounds) {
  const [loop, auto] = VARIANTS.map((_, index) => (key) => {
    return median(rounds.map((runs) => runs[index][key]));
  });
  const ratio = (key) =>
    median(rounds.map(([onLoop, onAuto]) => onAuto[key] / onLoop[key]));

  return [
    name,
    ...both('cpu', short),
    ...both('javaScript', short),
    ratio('javaScript').toFixed(2),
    ...both('delay', (value) => value.toFixed(1)),
    ...both('latency', short),
    ratio('latency').toFixed(2),
  ];

  function both(key, format) {
    return [format(loop(key)), format(auto(key))];
  }
}

function short(value) {
  return Number(value.toPrecision(3)).toLocaleString('en');
}

function tableOf(rows) {
  const head = [
    'echo',
    ...['CPU µs, loop', 'auto', 'JS thread µs, loop', 'auto', 'ratio'],
    ...['loop delay p99 ms, loop', 'auto', 'p50 µs, loop', 'auto', 'ratio'],
  ];
  const lines = [head, head.map((_, i) => (i ? '--:' : '---')), ...rows];

  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
