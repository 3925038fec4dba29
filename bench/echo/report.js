'use strict';

const os = require('node:os');

module.exports = { printCase, printMachine };

/** Prints what a reader has to know to make sense of the figures. */
function printMachine() {
  const cpus = os.cpus();
  const version = (name) => require(name).version;

  console.log(
    `Node ${process.version} on ${cpus[0].model} x ${cpus.length}; ` +
      `hawser ${version('../../package.json')}, ` +
      `ws ${version('ws/package.json')}, ` +
      `bufferutil ${version('bufferutil/package.json')}`,
  );
}

/**
 * Prints the medians of one case, set against its first variant.
 *
 * @param {{ connections: number, inFlight: number, bytes: number }} shape
 * @param {{ name: string, runs: { rate: number, cpu: number, javaScriptCpu: number }[] }[]} results
 */
function printCase({ bytes, connections, inFlight }, results) {
  console.log(
    `\necho, ${connections} connections, ${inFlight} in flight, ${bytes} bytes; ` +
      `median of ${results[0].runs.length}`,
  );

  const rows = results.map(({ name, runs }) => ({
    name,
    rate: median(runs.map((run) => run.rate)),
    cpu: median(runs.map((run) => run.cpu)),
    spread: spread(runs.map((run) => run.cpu)),
    javaScriptCpu: median(runs.map((run) => run.javaScriptCpu)),
  }));
  const [base] = rows;

  console.log(
    [
      'server'.padEnd(22),
      'messages/s'.padStart(11),
      'CPU µs/message'.padStart(15),
      'min to max'.padStart(15),
      'ratio'.padStart(6),
      'JS thread µs'.padStart(13),
      'ratio'.padStart(6),
    ].join(' '),
  );

  for (const row of rows) {
    console.log(
      [
        row.name.padEnd(22),
        row.rate.toFixed(0).padStart(11),
        row.cpu.toFixed(2).padStart(15),
        row.spread.padStart(15),
        (row.cpu / base.cpu).toFixed(2).padStart(6),
        row.javaScriptCpu.toFixed(2).padStart(13),
        (row.javaScriptCpu / base.javaScriptCpu).toFixed(2).padStart(6),
      ].join(' '),
    );
  }
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;

  return sorted.length % 2 === 1
    ? sorted[middle]
    : (sorted[middle - 1] + sorted[middle]) / 2;
}

function spread(numbers) {
  return `${Math.min(...numbers).toFixed(2)} to ${Math.max(...numbers).toFixed(2)}`;
}
