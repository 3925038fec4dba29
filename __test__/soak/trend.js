'use strict';

/**
 * The straight line that fits best (least squares).
 *
 * @param {{ x: number, y: number }[]} points
 * @returns {{ slope: number, error: number }} by how much y grows with each x, and the standard error of that; `error`
 *     is Infinity where there are too few points to tell
 */
function trendOf(points) {
  const n = points.length;
  if (n < 3) return { slope: 0, error: Infinity };

  const mean = (key) => points.reduce((sum, p) => sum + p[key], 0) / n;
  const [meanX, meanY] = [mean('x'), mean('y')];
  let [spread, common] = [0, 0];
  for (const { x, y } of points) {
    spread += (x - meanX) ** 2;
    common += (x - meanX) * (y - meanY);
  }
  const slope = common / spread;
  const rest = points.reduce(
    (sum, { x, y }) => sum + (y - meanY - slope * (x - meanX)) ** 2,
    0,
  );
  return { slope, error: Math.sqrt(rest / (n - 2) / spread) };
}

module.exports = { trendOf };
