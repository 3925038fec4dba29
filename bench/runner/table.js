'use strict';

/** The columns of a case's table, for the terminal and for the document. */
const COLUMNS = [
  { title: '', value: (row) => row.name + (row.failed ? ' (failed)' : '') },
  { title: 'operations/s', value: (row) => rate(row.rate) },
  { title: 'p50 µs', value: (row) => short(row.p50) },
  { title: 'p99 µs', value: (row) => short(row.p99) },
  { title: 'max µs', value: (row) => short(row.max) },
  { title: 'CPU µs/op', value: (row) => short(row.cost) },
  { title: 'min to max', value: (row) => row.spread },
  { title: 'JS thread µs/op', value: (row) => short(row.mainThread) },
  { title: 'loop delay p99 ms', value: (row) => short(row.delay) },
  { title: 'RSS MB', value: (row) => short(row.rss && row.rss / 1024) },
  { title: 'to ws + bufferutil', value: (row) => fixed(row.toBufferutil) },
  { title: 'to the best peer', value: (row) => fixed(row.toBest) },
  { title: 'JS thread to it', value: (row) => fixed(row.mainThreadToBest) },
];

/** How well it compresses says what the CPU time is for. */
const DEFLATE_COLUMNS = [
  ...COLUMNS.slice(0, 1),
  { title: 'bytes of an echo', value: (row) => rate(row.compressedSize) },
  ...COLUMNS.slice(1),
];

const IDLE_COLUMNS = [
  { title: '', value: (row) => row.name + (row.failed ? ' (failed)' : '') },
  { title: 'KB/connection', value: (row) => short(row.cost) },
  { title: 'min to max', value: (row) => row.spread },
  { title: 'RSS MB', value: (row) => short(row.rss && row.rss / 1024) },
  { title: 'to ws + bufferutil', value: (row) => fixed(row.toBufferutil) },
  { title: 'to the best peer', value: (row) => fixed(row.toBest) },
];

module.exports = { fixed, rate, short, tableOf };

/**
 * @param {import('./results').CaseResult} result
 * @returns {string[][]} the head, and a row for each contestant
 */
function tableOf(result) {
  const columns = columnsFor(result.shape);
  const rows = result.results.map(({ id, name, runs }) =>
    rowOf(result, id, name, runs),
  );

  return [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ value }) => value(row))),
  ];
}

function columnsFor({ mode, deflate }) {
  if (mode === 'idle') return IDLE_COLUMNS;
  return deflate ? DEFLATE_COLUMNS : COLUMNS;
}

function rowOf(result, id, name, runs) {
  const cost = result.cost(id);
  const best = result.bestPeer?.id;
  const middle = (pick) => result.summary(id, pick)?.median;

  return {
    name: [name, result.wasLimited(id) && '†', result.compressesLess(id) && '‡']
      .filter(Boolean)
      .join(' '),
    failed: runs.some((run) => run === null),
    rate: middle((run) => run.rate),
    p50: middle((run) => run.latency?.p50),
    p99: middle((run) => run.latency?.p99),
    max: middle((run) => run.latency?.max),
    cost: cost?.median,
    spread: cost ? `${short(cost.min)} to ${short(cost.max)}` : '',
    mainThread: middle((run) => run.mainThreadCpu),
    compressedSize: middle((run) => run.compressedSize),
    delay: middle((run) => run.eventLoopDelay?.p99),
    rss: middle((run) => run.rss),
    toBufferutil: result.ratio(id, 'ws-bufferutil'),
    toBest: result.ratio(id, best),
    mainThreadToBest: result.mainThreadRatio(id, best),
  };
}

/**
 * @param {number | undefined} value
 * @returns {string} with three digits that count; empty for none
 */
function short(value) {
  if (!Number.isFinite(value)) return '';
  if (Math.abs(value) >= 100) return rate(value);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** @returns {string} a whole number, with separators */
function rate(value) {
  return Number.isFinite(value)
    ? Math.round(value).toLocaleString('en-US')
    : '';
}

/** @returns {string} with two decimals */
function fixed(value) {
  return Number.isFinite(value) ? value.toFixed(2) : '';
}
