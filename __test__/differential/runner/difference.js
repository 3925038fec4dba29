'use strict';

const { isDeepStrictEqual } = require('node:util');

module.exports = { differenceOf };

/**
 * @param {Record<string, string[]>} expected the lanes of `ws`
 * @param {Record<string, string[]>} actual the lanes of hawser
 * @returns {string | null} each lane that differs, line by line: `-` only with `ws`, `+` only with hawser
 */
function differenceOf(expected, actual) {
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  const parts = ['- ws', '+ hawser'];
  for (const name of names) {
    const before = expected[name] ?? [];
    const after = actual[name] ?? [];
    if (isDeepStrictEqual(before, after) || isCutOff(before, after)) continue;
    parts.push(`[${name}]`, ...lineDifference(before, after));
  }
  return parts.length > 2 ? parts.join('\n') : null;
}

/**
 * Whether the lanes are the same but for the end of the raw peer's socket, which nobody has waited
 * for: it may come just before the scenario is over or just after. Both plays end all sockets.
 */
function isCutOff(before, after) {
  const [shorter, longer] =
    before.length < after.length ? [before, after] : [after, before];

  return (
    longer.length === shorter.length + 1 &&
    longer.at(-1) === 'closed' &&
    isDeepStrictEqual(longer.slice(0, -1), shorter)
  );
}

/** The shortest way from one list of lines to the other. */
function lineDifference(before, after) {
  const common = commonLengths(before, after);
  const lines = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push(`    ${before[i]}`);
      i++;
      j++;
    } else if (
      j === after.length ||
      (i < before.length && common[i + 1][j] >= common[i][j + 1])
    ) {
      lines.push(`  - ${before[i++]}`);
    } else {
      lines.push(`  + ${after[j++]}`);
    }
  }
  return lines;
}

/** `[i][j]`: how many lines the rests from i and from j have in common. */
function commonLengths(before, after) {
  const table = Array.from({ length: before.length + 1 }, () =>
    new Array(after.length + 1).fill(0),
  );
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      table[i][j] =
        before[i] === after[j]
          ? table[i + 1][j + 1] + 1
          : Math.max(table[i + 1][j], table[i][j + 1]);
    }
  }
  return table;
}
