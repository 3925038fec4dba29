'use strict';

const PLACES = [
  'behind the handshake',
  'within a frame',
  'between fragments',
  'before the close frame',
  'behind the close frame',
];
const FAULTS = ['half-close', 'reset', 'vanish'];

/**
 * What a network does to a connection in the worst of cases, drawn by chance.
 *
 * @param {SeededRandom} random
 * @returns {{ up: LinePlan, down: LinePlan }}
 */
function weatherFrom(random) {
  const weather = { up: lineFrom(random), down: lineFrom(random) };
  if (random.chance(0.6)) {
    const line = weather[random.chance(0.5) ? 'up' : 'down'];
    line.fault = oneOf(random, FAULTS);
    line.faultAt = placeFrom(random);
  }
  return weather;
}

module.exports = { FAULTS, PLACES, weatherFrom };

function lineFrom(random) {
  const longest = oneOf(random, [0, 1, 10, 1000, 65_536]);
  const slowest = oneOf(random, [undefined, undefined, 0, 0, 3]);
  return {
    pieceSize: longest > 0 ? () => random.between(1, longest) : undefined,
    delay: slowest === undefined ? undefined : () => random.between(0, slowest),
    hold: oneOf(random, [0, 0, 200, 20_000]),
    stallAt: random.chance(0.3) ? placeFrom(random) : undefined,
    stallFor: random.between(1, 50),
  };
}

function placeFrom(random) {
  if (random.chance(0.5)) return oneOf(random, PLACES);
  return Math.floor(100_000 ** random.next());
}

function oneOf(random, choices) {
  return choices[random.between(0, choices.length - 1)];
}
