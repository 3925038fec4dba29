'use strict';

const { costOf, mainThreadCostOf, ratio, summarize } = require('./statistics');

/**
 * One contestant in one case. `runs` has an entry for each round; null where it failed.
 *
 * @typedef {{ id: string, name: string, kind: string, runs: (import('./measure').Run | null)[] }} Result
 */

/** A peer whose compressed echoes are larger than those of ws by this factor did not do the same work. */
const LARGER = 1.25;

/** All contestants in one case, and how they compare. */
class CaseResult {
  /**
   * @param {import('./cases').Case} shape
   * @param {Result[]} results
   */
  constructor(shape, results) {
    this.shape = shape;
    this.results = results;
  }

  /**
   * @param {string} id
   * @returns {Result | undefined} if it took part
   */
  of(id) {
    return this.results.find((result) => result.id === id);
  }

  /** @returns {{ median: number, min: number, max: number } | null} */
  cost(id) {
    return this.summary(id, costOf);
  }

  summary(id, pick) {
    const result = this.of(id);

    return result ? summarize(result.runs.filter(Boolean), pick) : null;
  }

  /** The one of the peers that costs the least and does the same work. */
  get bestPeer() {
    const peers = this.results.filter(
      ({ id, kind }) =>
        kind === 'peer' && this.cost(id) !== null && !this.compressesLess(id),
    );

    return peers.reduce(
      (best, peer) =>
        best === null || this.cost(peer.id).median < this.cost(best.id).median
          ? peer
          : best,
      null,
    );
  }

  /** What `id` costs set against `base`, 1 being equal. */
  ratio(id, base) {
    const [result, other] = [this.of(id), base && this.of(base)];

    return result && other ? ratio(result.runs, other.runs) : undefined;
  }

  /** What `id` costs the JavaScript thread set against all that `base` costs. */
  mainThreadRatio(id, base) {
    const [result, other] = [this.of(id), base && this.of(base)];

    return result && other
      ? ratio(result.runs, other.runs, mainThreadCostOf)
      : undefined;
  }

  /** Whether its echoes are that much larger than those of ws: it saves the work, not the bytes. */
  compressesLess(id) {
    const size = (name) =>
      this.summary(name, (run) => run.compressedSize)?.median;

    return size(id) > LARGER * size('ws-bufferutil');
  }

  /** Whether in any run the load generator may have been what limited the rate. */
  wasLimited(id) {
    return this.of(id).runs.some((run) => run?.generator?.limited);
  }
}

module.exports = { CaseResult };
