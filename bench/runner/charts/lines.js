'use strict';

const {
  colorOf,
  document,
  element,
  gridLine,
  legendEntry,
  text,
} = require('./svg');

const WIDTH = 820;
const HEIGHT = 420;
const LEFT = 64;
const RIGHT = 190;
const TOP = 64;
const BOTTOM = 54;
const LABEL_HEIGHT = 15;

module.exports = { scalingCurves };

/**
 * A picture of curves, both axes logarithmic, each curve with its name at its end.
 *
 * @param {string} title
 * @param {{ x: string, y: string }} axes what they mean
 * @param {{ value: number, label: string }[]} points of the x axis
 * @param {{ id: string, name: string, values: (number | undefined)[], dashed?: boolean }[]} curves a value for each point
 * @returns {string} SVG
 */
function scalingCurves(title, axes, points, curves) {
  const values = curves
    .flatMap((curve) => curve.values)
    .filter((value) => value > 0);
  const x = logarithmic(
    points.map(({ value }) => value),
    LEFT,
    WIDTH - RIGHT,
  );
  const y = logarithmic(values, HEIGHT - BOTTOM, TOP);

  return document(WIDTH, HEIGHT, title, [
    text(20, 48, axes.y, 'note'),
    ...ticks(values).flatMap((value) =>
      gridLine(LEFT, WIDTH - RIGHT, y(value), value),
    ),
    ...points.map(({ value, label }) =>
      text(x(value), HEIGHT - BOTTOM + 20, label, 'middle note'),
    ),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, axes.x, 'middle note'),
    ...curves.flatMap((curve) => drawn(curve, points, x, y)),
    ...labels(curves, y),
  ]);
}

function drawn({ id, values, dashed }, points, x, y) {
  const known = points
    .map(({ value }, index) => ({ at: value, value: values[index] }))
    .filter(({ value }) => value > 0);
  const path = known.map(
    ({ at, value }, index) =>
      `${index === 0 ? 'M' : 'L'}${x(at).toFixed(1)} ${y(value).toFixed(1)}`,
  );

  return [
    element('path', {
      class: `line line-${colorOf(id)}${dashed ? ' dashed' : ''}`,
      d: path.join(' '),
    }),
    ...known.map(({ at, value }) =>
      element('circle', {
        class: `fill-${colorOf(id)}`,
        cx: x(at),
        cy: y(value),
        r: 3.5,
      }),
    ),
  ];
}

/** The names beside the ends of the curves, moved apart where these are close to each other. */
function labels(curves, y) {
  const ends = curves
    .map(({ id, name, values }) => ({
      ...{ id, name },
      at: y(values.findLast((value) => value > 0) ?? 1),
    }))
    .sort((a, b) => a.at - b.at);

  for (let i = 1; i < ends.length; i++) {
    ends[i].at = Math.max(ends[i].at, ends[i - 1].at + LABEL_HEIGHT);
  }

  return ends.flatMap(({ id, name, at }) =>
    legendEntry(WIDTH - RIGHT + 16, at, id, name),
  );
}

/** Round values, one, two and five of each power of ten, within the data. */
function ticks(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const found = [];

  for (let power = -3; power <= 6; power++) {
    for (const digit of [1, 2, 5]) {
      const value = Number((digit * 10 ** power).toPrecision(1));
      if (value >= least / 1.05 && value <= most * 1.05) found.push(value);
    }
  }

  return found;
}

function logarithmic(values, from, to) {
  const low = Math.log(Math.min(...values));
  const high = Math.log(Math.max(...values));

  return (value) =>
    from + ((Math.log(value) - low) / (high - low || 1)) * (to - from);
}
