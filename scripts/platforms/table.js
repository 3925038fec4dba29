'use strict';

/*
 * The tables of docs/platforms.md. They are written by what has been built and run, row by row: what is not run this time
 * keeps the row, and the date, of the last time.
 */

const fs = require('node:fs');

const { inRoot } = require('../setup/root');

const PAGE = inRoot('docs', 'platforms.md');
const BUILT = inRoot('target', 'cross', 'built.json');

/**
 * @typedef {object} Run
 * @property {import('./places').Place} place
 * @property {(import('./tests').Counts & {name: string})[]} suites
 * @property {string} [notRun] Why not
 */

/**
 * Puts runs into the table of them, and what is known of the builds into that of those.
 *
 * @param {Run[]} runs What has not been run leaves its row as it is
 */
async function writeRuns(runs) {
  let page = fs.readFileSync(PAGE, 'utf8');
  const ran = runs.filter(({ notRun }) => !notRun);
  page = withRows(page, 'runs', ran.map(rowOf));
  page = withRows(page, 'binaries', readBuilt().map(rowOfBuilt));
  fs.writeFileSync(PAGE, await formatted(page));
}

function rowOf({ place, suites }) {
  const smoke = suites.find(({ name }) => name === 'smoke');
  const behaviour = suites.filter(({ name }) => name !== 'smoke');
  return [
    place.platform,
    place.node,
    place.under(),
    cellOf(smoke),
    behaviour.length > 0
      ? behaviour
          .map((suite) => `\`${suite.name}\` ${cellOf(suite)}`)
          .join(', ') + (place.tests ? ' (some files)' : '')
      : 'not run',
    today(),
  ];
}

function cellOf({ passed, failed, skipped }) {
  const all = failed === 0 ? `${passed}` : `${passed} of ${passed + failed}`;
  return skipped ? `${all} (${skipped} skipped)` : all;
}

function rowOfBuilt({ platform, triple, size, glibc, macos, date }) {
  const needs = glibc ? `glibc ${glibc}` : macos ? `macOS ${macos}` : '';
  const musl = triple.endsWith('-musl') ? 'musl' : 'Windows';
  const kilobytes = `${Math.round(size / 1000)} KB`;
  return [platform, `\`${triple}\``, kilobytes, needs || musl, date];
}

function readBuilt() {
  if (!fs.existsSync(BUILT)) return [];
  return JSON.parse(fs.readFileSync(BUILT, 'utf8'));
}

/**
 * @param {string} page
 * @param {string} name Of the table: it stands between two comments with that name
 * @param {string[][]} rows Each takes the place of the one that begins with the same cells, as many as name it
 * @returns {string} The page with them
 */
function withRows(page, name, rows) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [before, rest] = page.split(begin);
  const [table, after] = rest.split(end);
  const [head, line, ...present] = table.trim().split('\n');
  const keyOf = (cells) => cells.slice(0, KEYS[name]).join('|');
  const all = new Map(
    present.map(cellsOf).map((cells) => [keyOf(cells), cells]),
  );
  for (const row of rows) all.set(keyOf(row), row);
  const body = [...all.values()].map((cells) => `| ${cells.join(' | ')} |`);
  return [
    ...[before, begin, '\n\n', [head, line, ...body].join('\n')],
    ...['\n\n', end, after],
  ].join('');
}

/** How many cells say what a row is of. */
const KEYS = { runs: 2, binaries: 1 };

function cellsOf(row) {
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

function today() {
  return new Date().toISOString().slice(0, 10);
}

/** As `npm run lint` wants it. */
async function formatted(page) {
  const { format } = require('prettier');
  return format(page, { parser: 'markdown', singleQuote: true });
}

module.exports = { withRows, writeRuns };
