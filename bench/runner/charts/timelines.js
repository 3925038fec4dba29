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
const LEFT = 64;
const RIGHT = 150;
const TOP = 70;
const PANEL = 130;
const GAP = 46;
const GRID_LINES = 3;

module.exports = { timelines };

/**
 * A picture of several quantities over time, one panel below the other, the time being the same in all.
 *
 * @param {string} title
 * @param {{ label: string, curves: { id: string, name: string, points: [number, number][] }[] }[]} panels points are
 *     seconds and values from nought up
 * @returns {string} SVG
 */
function timelines(title, panels) {
  const height = TOP + panels.length * (PANEL + GAP);
  const seconds = Math.max(
    ...panels.flatMap(({ curves }) =>
      curves.flatMap(({ points }) => points.map(([at]) => at)),
    ),
  );
  const x = (at) => LEFT + (at / seconds) * (WIDTH - LEFT - RIGHT);

  return document(WIDTH, height, title, [
    ...panels.flatMap((panel, index) =>
      drawPanel(panel, TOP + index * (PANEL + GAP), x),
    ),
    ...timeAxis(seconds, x, height - 16),
    ...legend(panels[0].curves),
  ]);
}

function drawPanel({ label, curves }, top, x) {
  const values = curves.flatMap(({ points }) => points.map(([, y]) => y));
  const most = roundedUp(Math.max(...values));
  const y = (value) => top + PANEL - (value / most) * PANEL;
  const grid = Array.from(
    { length: GRID_LINES },
    (_, i) => (most * i) / (GRID_LINES - 1),
  );

  return [
    text(LEFT, top - 10, label, 'note'),
    ...grid.flatMap((value) => gridLine(LEFT, WIDTH - RIGHT, y(value), value)),
    ...curves.map(({ id, points }) =>
      element('path', {
        class: `line line-${colorOf(id)}`,
        d: points
          .map(
            ([at, value], index) =>
              `${index === 0 ? 'M' : 'L'}${x(at).toFixed(1)} ${y(value).toFixed(1)}`,
          )
          .join(' '),
      }),
    ),
  ];
}

function timeAxis(seconds, x, y) {
  const marks = Array.from({ length: Math.floor(seconds) + 1 }, (_, i) => i);

  return marks
    .filter((second) => second % 2 === 0)
    .map((second) => text(x(second), y, `${second} s`, 'middle note'));
}

function legend(curves) {
  return curves.flatMap(({ id, name }, index) =>
    legendEntry(WIDTH - RIGHT + 16, TOP + 6 + index * 20, id, name),
  );
}

/** The next of 1, 2 and 5 times a power of ten. */
function roundedUp(value) {
  const power = 10 ** Math.floor(Math.log10(value || 1));

  return [1, 2, 5, 10].map((digit) => digit * power).find((at) => at >= value);
}
