'use strict';

const { colorOf, document, element, text } = require('./svg');

const WIDTH = 820;
const LEFT = 260;
const RIGHT = 70;
const TOP = 78;
const BAR = 11;
const GAP = 14;
/** Longer bars are cut, and say how long they would be. */
const MOST = 2;

module.exports = { ratioBars };

/**
 * A picture of ratios: a group of bars for each row, and a line where both would be equal.
 *
 * @param {string} title
 * @param {{ id: string, label: string }[]} series
 * @param {{ name: string, values: (number | undefined)[] }[]} rows a value for each of the series
 * @returns {string} SVG
 */
function ratioBars(title, series, rows) {
  const step = series.length * (BAR + 2) + GAP;
  const height = TOP + rows.length * step + 30;
  const scale = (value) => LEFT + (value / MOST) * (WIDTH - LEFT - RIGHT);

  return document(WIDTH, height, title, [
    ...legend(series),
    ...[0, 0.5, 1, 1.5, 2].flatMap((value) => gridLine(value, scale, height)),
    ...rows.flatMap(({ name, values }, row) => {
      const top = TOP + row * step;
      const middle = top + (step - GAP) / 2;

      return [
        text(LEFT - 10, middle + 4, name, 'end'),
        ...values.flatMap((value, index) =>
          value === undefined
            ? []
            : bar(top + index * (BAR + 2), value, series[index].id, scale),
        ),
      ];
    }),
  ]);
}

function legend(series) {
  return series.flatMap(({ id, label }, index) => [
    element('rect', {
      class: `fill-${colorOf(id)}`,
      x: 20 + index * 360,
      y: 42,
      width: 12,
      height: 12,
      rx: 3,
    }),
    text(38 + index * 360, 52, label),
  ]);
}

function gridLine(value, scale, height) {
  const x = scale(value);

  return [
    element('line', {
      class: value === 1 ? 'even' : 'grid',
      x1: x,
      x2: x,
      y1: TOP - 6,
      y2: height - 26,
    }),
    text(
      x,
      height - 10,
      value === MOST ? `${value} and more` : String(value),
      'middle note',
    ),
  ];
}

function bar(y, value, id, scale) {
  const end = scale(Math.min(value, MOST));

  return [
    element('rect', {
      class: `fill-${colorOf(id)}`,
      x: LEFT,
      y,
      width: Math.max(1, end - LEFT),
      height: BAR,
      rx: 2,
    }),
    text(end + 5, y + BAR - 1, value.toFixed(2), 'note'),
  ];
}
