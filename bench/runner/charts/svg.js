'use strict';

/** A hue for each thing that is shown, the same one in every picture. */
const COLORS = {
  'hawser-loop': 'a',
  'hawser-thread': 'b',
  'hawser-auto': 'f',
  'ws-bufferutil': 'c',
  uws: 'd',
  bun: 'e',
};

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #33322e; }
  .title { font-size: 15px; font-weight: 600; fill: #0b0b0b; }
  .note { fill: #6b6a64; }
  .end { text-anchor: end; }
  .middle { text-anchor: middle; }
  .paper { fill: #fcfcfb; }
  .grid { stroke: #e4e3dd; stroke-width: 1; }
  .even { stroke: #6b6a64; stroke-width: 1.5; stroke-dasharray: 4 3; }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
  .dashed { stroke-dasharray: 5 4; }
  .fill-a { fill: #2a78d6; } .line-a { stroke: #2a78d6; }
  .fill-b { fill: #1baf7a; } .line-b { stroke: #1baf7a; }
  .fill-c { fill: #8a8982; } .line-c { stroke: #8a8982; }
  .fill-d { fill: #eb6834; } .line-d { stroke: #eb6834; }
  .fill-f { fill: #8b5cd6; } .line-f { stroke: #8b5cd6; }
  .fill-e { fill: #eda100; } .line-e { stroke: #eda100; }
  @media (prefers-color-scheme: dark) {
    text { fill: #c3c2b7; }
    .title { fill: #ffffff; }
    .note { fill: #98978e; }
    .paper { fill: #1a1a19; }
    .grid { stroke: #363633; }
    .even { stroke: #98978e; }
  }
`;

module.exports = { colorOf, document, element, gridLine, legendEntry, text };

/**
 * @param {string} id of a contestant
 * @returns {string} the end of its classes, such as `fill-a`
 */
function colorOf(id) {
  return COLORS[id] ?? 'c';
}

/**
 * @param {number} width
 * @param {number} height
 * @param {string} title
 * @param {string[]} parts
 * @returns {string} a whole picture
 */
function document(width, height, title, parts) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">`,
    `<style>${STYLE}</style>`,
    element('rect', { class: 'paper', width, height, rx: 6 }),
    text(20, 28, title, 'title'),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes numbers are rounded
 * @returns {string}
 */
function element(name, attributes) {
  const list = Object.entries(attributes).map(([key, value]) => {
    const shown =
      typeof value === 'number' ? Math.round(value * 10) / 10 : escape(value);

    return ` ${key}="${shown}"`;
  });

  return `<${name}${list.join('')}/>`;
}

/**
 * @param {number} x
 * @param {number} y of its base line
 * @param {string} content
 * @param {string} [classes]
 * @returns {string}
 */
function text(x, y, content, classes = '') {
  const at = `x="${Math.round(x * 10) / 10}" y="${Math.round(y * 10) / 10}"`;

  return `<text ${at} class="${classes}">${escape(content)}</text>`;
}

/**
 * @param {number} left
 * @param {number} right
 * @param {number} y
 * @param {number} value that it stands for
 * @returns {string[]} a line across, with its value at the left end
 */
function gridLine(left, right, y, value) {
  return [
    element('line', { class: 'grid', x1: left, x2: right, y1: y, y2: y }),
    text(left - 8, y + 4, String(value), 'end note'),
  ];
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} id of a contestant
 * @param {string} name
 * @returns {string[]} a dot of its color, and its name
 */
function legendEntry(x, y, id, name) {
  return [
    element('circle', { class: `fill-${colorOf(id)}`, cx: x, cy: y, r: 4 }),
    text(x + 10, y + 4, name),
  ];
}

function escape(content) {
  return content
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;');
}
