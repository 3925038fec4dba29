'use strict';

const { fork } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

const WARM_UP = 500;

module.exports = { measure };

/**
 * One run: a server and a load generator, each on a processor of its own where
 * that can be had.
 *
 * @param {{ module?: string, env: Record<string, string> }} variant
 * @param {{ connections: number, inFlight: number, bytes: number }} shape
 * @param {number} seconds how long to measure
 * @returns {Promise<{ rate: number, cpu: number, javaScriptCpu: number }>}
 *     messages a second, and CPU microseconds a message
 */
async function measure(variant, shape, seconds) {
  const server = start('server.js', [], 0, {
    ...variant.env,
    ...(variant.module && { BENCH_MODULE: variant.module }),
  });

  try {
    const [{ port }] = await once(server, 'message');
    const { bytes, connections, inFlight } = shape;
    const load = start('load.js', [port, connections, inFlight, bytes], 1);

    try {
      await once(load, 'message');
      await sleep(WARM_UP);

      const before = await ask(server);
      const started = performance.now();

      await sleep(seconds * 1000);

      const after = await ask(server);
      const elapsed = (performance.now() - started) / 1000;
      const messages = after.messages - before.messages;

      return {
        rate: messages / elapsed,
        cpu: (after.cpu - before.cpu) / messages,
        javaScriptCpu: (after.javaScriptCpu - before.javaScriptCpu) / messages,
      };
    } finally {
      await stop(load);
    }
  } finally {
    await stop(server);
  }
}

async function ask(server) {
  server.send('report');

  const [report] = await once(server, 'message');
  return report;
}

async function stop(child) {
  const ended = once(child, 'exit');

  child.kill('SIGKILL');
  await ended;
}

function start(program, args, processor, env = {}) {
  const options = { env: { ...process.env, ...env } };
  const file = path.join(__dirname, program);

  if (!canPin()) return fork(file, args.map(String), options);

  return fork(file, args.map(String), {
    ...options,
    execPath: '/usr/bin/taskset',
    execArgv: ['-c', String(processor), process.execPath],
  });
}

function canPin() {
  return os.availableParallelism() > 1 && fs.existsSync('/usr/bin/taskset');
}
