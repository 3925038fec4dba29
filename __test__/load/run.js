'use strict';

/*
 * Ten thousand connections between one server and its clients, on the driver that the environment chooses. All of them
 * echo, round after round; then all are closed. None may be dropped, and no descriptor may be left.
 *
 * Prints what it found as JSON, and in one line at the end; the exit code is 0 if nothing was wrong.
 *
 *   HAWSER_IO_THREADS=2 node __test__/load/run.js --connections 10000 --minutes 1
 */

const { fork } = require('node:child_process');
const path = require('node:path');
const { parseArgs } = require('node:util');

const CLIENT_PROCESSES = 2;
const PATIENCE_MS = 30_000;

main(readArguments());

async function main({ connections, minutes, driver }) {
  const server = start('server');
  const { port } = await answer(server, 'listening');
  const clients = Array.from({ length: CLIENT_PROCESSES }, () =>
    start('clients'),
  );
  const all = (type, details) =>
    Promise.all(clients.map((child) => ask(child, type, details)));

  const empty = await ask(server, 'sample', { quiet: true });
  const began = performance.now();
  await all('open', { port, count: connections / CLIENT_PROCESSES });
  const opening = (performance.now() - began) / 1000;
  const fresh = await ask(server, 'sample', { quiet: true });

  const rounds = [];
  const deadline = performance.now() + minutes * 60_000;
  let dropped;
  do {
    const results = await all('echo', { round: rounds.length });
    rounds.push(Math.max(...results.map((result) => result.milliseconds)));
    dropped = results.flatMap((result) => result.dropped);
  } while (performance.now() < deadline && dropped.length === 0);
  const used = await ask(server, 'sample', { quiet: true });

  const codes = (await all('close')).map((result) => result.codes);
  const after = await whenEmpty(server);
  const { closes } = await ask(server, 'closes');
  for (const child of [server, ...clients]) child.kill();

  const perConnection = (sample) =>
    Math.round((sample.memory.rss - empty.memory.rss) / connections);
  const report = {
    driver,
    connections,
    held: used.open,
    secondsToOpen: Math.round(opening * 10) / 10,
    rounds: rounds.length,
    echoes: rounds.length * connections,
    millisecondsOfARound: [Math.min(...rounds), Math.max(...rounds)].map(
      Math.round,
    ),
    dropped: dropped.length,
    firstDropped: dropped.slice(0, 5),
    closes: { server: closes, clients: codes },
    bytesPerConnection: {
      fresh: perConnection(fresh),
      afterEchoes: perConnection(used),
    },
    sockets: {
      before: empty.sockets,
      held: used.sockets,
      after: after.sockets,
    },
    threads: used.threads,
  };
  const passed =
    report.held === connections &&
    dropped.length === 0 &&
    closes[1000] === connections &&
    after.sockets === empty.sockets;
  console.log(JSON.stringify(report, null, 2));
  console.log(
    `${passed ? 'ok' : 'FAILED'}: ${driver}, ${report.held} of ${connections} connections held, ` +
      `${report.echoes} echoes, ${report.dropped} dropped, ` +
      `${report.bytesPerConnection.fresh} bytes of the server's RSS for each (${report.bytesPerConnection.afterEchoes} after the echoes)`,
  );
  process.exitCode = passed ? 0 : 1;
}

function start(name) {
  const child = fork(path.join(__dirname, `${name}.js`), [], {
    execArgv: ['--expose-gc'],
  });
  child.on('exit', (code, signal) => {
    if (signal === 'SIGTERM') return;
    console.error(`The ${name} ended: ${signal ?? code}`);
    process.exit(1);
  });
  return child;
}

function ask(child, type, details) {
  child.send({ type, ...details });
  return answer(child, type);
}

/** The server hears of the last ends a little later than the clients. */
async function whenEmpty(server) {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const sample = await ask(server, 'sample', { quiet: true });
    if (sample.open === 0 || performance.now() > deadline) return sample;
  }
}

function answer(child, type) {
  return new Promise((resolve) => {
    child.on('message', function look(message) {
      if (message.type !== type) return;
      child.off('message', look);
      resolve(message);
    });
  });
}

function readArguments() {
  const { connections, minutes, driver } = parseArgs({
    options: {
      connections: { type: 'string', default: '10000' },
      minutes: { type: 'string', default: '1' },
      driver: { type: 'string', default: 'from the environment' },
    },
  }).values;
  return { connections: +connections, minutes: +minutes, driver };
}
