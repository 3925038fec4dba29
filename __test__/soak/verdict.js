'use strict';

const { trendOf } = require('./trend');

/**
 * What is taken for flat, in KB a minute. A slope counts as a leak if it is steeper than this by more than twice its
 * standard error.
 */
const FLAT = { rss: 150, heapUsed: 15, external: 15 };
const STRETCHES = 8;
/** In less time than this, allocators are still filling their caches: no slope is judged. */
const MINUTES_TO_JUDGE = 10;
const KILOBYTE = 1024;

/**
 * @param {{ ledger: Ledger, samples: Record<string, object[]>, pace: number }} soak that is over
 * @param {number} warmUp milliseconds from its beginning that do not count
 * @returns {object} the report, with `passed`
 */
function judge({ ledger, samples, pace }, warmUp) {
  const problems = [...ledger.told];
  const processes = {};

  for (const [name, all] of Object.entries(samples)) {
    const warm = all.filter(({ at }) => at * 60_000 >= warmUp);
    const quiet = warm.filter((sample) => sample.quiet).slice(0, -1);
    processes[name] = {
      slopes: slopesOf(quiet),
      slopesUnderLoad: slopesOf(warm.filter((sample) => !sample.quiet)),
      ...countsOf(quiet, all),
      atRest: quiet.map(({ at, memory }) => ({
        minute: round(at),
        rss: round(memory.rss / KILOBYTE),
        heapUsed: round(memory.heapUsed / KILOBYTE),
      })),
      cpu: round(cpuOf(all)),
      maxRss: round(Math.max(...all.map((s) => s.memory.rss)) / KILOBYTE),
      lastRss: round(all.at(-1).memory.rss / KILOBYTE),
    };
    const judged = all.at(-1).at >= MINUTES_TO_JUDGE;
    problems.push(...leaksOf(name, processes[name], judged));
  }

  return {
    ...ledger.totals,
    codes: ledger.codes,
    violations: ledger.violations,
    pace: round(pace),
    ...processes,
    problems,
    passed: problems.length === 0,
  };
}

/** @returns {string} the report in one line */
function summaryOf({ driver, seed, minutes, server, clients, ...report }) {
  const { connections, messages, bytes, violations, passed } = report;
  const slopes = ({ slopes }) =>
    Object.entries(slopes)
      .map(([key, { slope, error }]) => `${key} ${slope}±${error ?? '?'}`)
      .join(', ');
  return [
    `${passed ? 'ok' : 'FAILED'}: ${driver}, seed ${seed}, ${minutes} min`,
    `${connections} connections, ${messages} messages, ${round(bytes / 1e6)} MB, ${violations} violations`,
    `KB/min server ${slopes(server)}; clients ${slopes(clients)}`,
    `sockets ${server.sockets.join('..')} and ${clients.sockets.join('..')}`,
    `descriptors ${server.descriptors.join('..')} and ${clients.descriptors.join('..')}`,
  ].join('; ');
}

module.exports = { judge, summaryOf };

function slopesOf(samples) {
  const slopes = {};
  for (const key of Object.keys(FLAT)) {
    const points = samples.map(({ at, memory }) => ({
      x: at,
      y: memory[key] / KILOBYTE,
    }));
    const { slope, error } = trendOf(key === 'rss' ? floorOf(points) : points);
    slopes[key] = {
      slope: round(slope),
      error: Number.isFinite(error) ? round(error) : null,
    };
  }
  return slopes;
}

/**
 * RSS goes up and down for minutes, by what V8 keeps for later: its neighbours are not independent of each other, as a
 * standard error takes them to be. What leaks also raises the least of each stretch of time.
 *
 * @param {Array<{ x: number, y: number }>} points by time
 * @returns {Array<{ x: number, y: number }>} the lowest point of each stretch
 */
function floorOf(points) {
  const length = Math.max(1, Math.ceil(points.length / STRETCHES));
  const floor = [];
  for (let start = 0; start < points.length; start += length) {
    const stretch = points.slice(start, start + length);
    floor.push(stretch.reduce((low, point) => (point.y < low.y ? point : low)));
  }
  return floor;
}

/** Of the quiet moments, the least and the most; and what is left when everything has ended. */
function countsOf(quiet, all) {
  const counts = {};
  for (const key of ['sockets', 'descriptors', 'threads']) {
    const values = quiet.map((sample) => sample[key]);
    counts[key] = [Math.min(...values), Math.max(...values)];
  }
  return { ...counts, openAtEnd: all.at(-1).open };
}

function leaksOf(name, { slopes, sockets, descriptors, openAtEnd }, judged) {
  const problems = [];
  for (const [key, { slope, error }] of Object.entries(slopes)) {
    if (judged && slope - 2 * error > FLAT[key]) {
      problems.push(`${name}: ${key} grows by ${slope} KB a minute`);
    }
  }
  if (sockets[0] !== sockets[1]) {
    problems.push(`${name}: from ${sockets.join(' to ')} sockets at rest`);
  }
  // On `auto` a thread may begin or end, each with a few descriptors of its own.
  if (descriptors[1] - descriptors[0] > 16) {
    problems.push(`${name}: from ${descriptors.join(' to ')} descriptors`);
  }
  if (openAtEnd > 0) problems.push(`${name}: ${openAtEnd} open at the end`);
  return problems;
}

function cpuOf(samples) {
  const [first, last] = [samples[0], samples.at(-1)];
  return (last.cpu - first.cpu) / ((last.at - first.at) * 60);
}

function round(number) {
  return Math.round(number * 100) / 100;
}
