'use strict';

module.exports = { costOf, mainThreadCostOf, median, ratio, summarize };

/**
 * @param {number[]} numbers
 * @returns {number | undefined} undefined for none
 */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;

  return sorted.length % 2 === 1
    ? sorted[middle]
    : sorted.length === 0
      ? undefined
      : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The median of some runs with the least and the most.
 *
 * @param {import('./measure').Run[]} runs
 * @param {(run: import('./measure').Run) => number | undefined} pick
 * @returns {{ median: number, min: number, max: number } | null} null where no run has it
 */
function summarize(runs, pick) {
  const values = runs.map(pick).filter((value) => Number.isFinite(value));

  return values.length === 0
    ? null
    : {
        median: median(values),
        min: Math.min(...values),
        max: Math.max(...values),
      };
}

/**
 * What contestants are compared by.
 *
 * @param {import('./measure').Run} run
 * @returns {number | undefined} memory for a connection where that is measured, CPU time for an operation elsewhere
 */
function costOf(run) {
  return run.rssPerConnection ?? run.cpu;
}

/**
 * @param {import('./measure').Run} run
 * @returns {number | undefined}
 */
function mainThreadCostOf(run) {
  return run.mainThreadCpu;
}

/**
 * The median of the ratios of each round: what was measured one after the other is compared, so that a machine whose
 * speed drifts does less harm.
 *
 * @param {(import('./measure').Run | null)[]} runs by round; null where it failed
 * @param {(import('./measure').Run | null)[]} base the same rounds
 * @param {(run: import('./measure').Run) => number | undefined} [pick] of `runs`; `base` always counts as a whole
 * @returns {number | undefined}
 */
function ratio(runs, base, pick = costOf) {
  const ratios = runs.flatMap((run, round) => {
    const other = base[round];
    if (!run || !other) return [];

    const value = pick(run) / costOf(other);

    return Number.isFinite(value) ? [value] : [];
  });

  return median(ratios);
}
