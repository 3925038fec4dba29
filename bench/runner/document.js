'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { drawPictures } = require('./pictures');
const { median } = require('./statistics');
const { fixed, short, tableOf } = require('./table');

const DOCS = path.join(__dirname, '..', '..', 'docs');
const PICTURES = path.join(DOCS, 'benchmarks');
/** Why hawser is behind where it is: written by hand, by the name of the case. */
/** The picture of `bench/ramp.js`. */
const RAMP = 'auto.svg';
const REASONS = path.join(__dirname, '..', 'reasons.json');
/** The table of `bench/compressed.js`. */
const COMPRESSED = path.join(PICTURES, 'compressed.md');
/** From here on a ratio is not counted as ahead. */
const AHEAD = 0.95;
/** So much of the processors taken by others, and the figures are doubtful. */
const DISTURBED = 0.1;

/**
 * What a whole run of the bench found.
 *
 * @typedef {object} Report
 * @property {string} command
 * @property {string} date
 * @property {number} minutes
 * @property {string} machine
 * @property {string} node
 * @property {number} rounds
 * @property {number} seconds
 * @property {{ id: string, name: string, version: string }[]} contestants
 * @property {{ name: string, reason: string }[]} missing
 * @property {import('./results').CaseResult[]} cases
 */

module.exports = { writeDocument };

/**
 * Writes docs/benchmarks.md and the pictures in it.
 *
 * @param {Report} report
 */
function writeDocument(report) {
  const pictures = drawPictures(report.cases);
  const rows = report.cases.filter(({ shape }) => !shape.onlyCurve);

  fs.mkdirSync(PICTURES, { recursive: true });
  for (const { name, svg } of pictures) {
    fs.writeFileSync(path.join(PICTURES, name), svg);
  }

  fs.writeFileSync(
    path.join(DOCS, 'benchmarks.md'),
    [
      '# Benchmarks',
      circumstances(report),
      howToRead(),
      '## At a glance',
      summary(rows),
      ...pictures.map(({ name, title }) => `![${title}](benchmarks/${name})`),
      ...risingLoad(),
      ...largeMessages(),
      '## Where hawser is behind',
      behind(rows),
      ...details(rows),
    ].join('\n\n') + '\n',
  );
}

/** What `bench/ramp.js` drew, if it has been run. */
function risingLoad() {
  if (!fs.existsSync(path.join(PICTURES, RAMP))) return [];

  return [
    '## When load rises and falls',
    [
      "`node bench/ramp.js` draws what becomes of a server's load when it may have both processors (the generator needs",
      "part of one): rate, CPU time of the JavaScript thread and delay of the event loop. With `ioThreads: 'auto'`",
      'connections are on the event loop while it has time, and on an I/O thread while it has not.',
    ].join('\n'),
    `![CPU time, rate and event-loop delay while load rises and falls](benchmarks/${RAMP})`,
  ];
}

/** What `bench/compressed.js` found, if it has been run. */
function largeMessages() {
  const table = fs.existsSync(COMPRESSED)
    ? [
        '`node bench/compressed.js` has JSON echoed, with the servers in turn and no context taken over:',
        fs.readFileSync(COMPRESSED, 'utf8').trim(),
      ]
    : [];

  return ['## Large compressed messages', LARGE_MESSAGES, ...table];
}

const LARGE_MESSAGES = [
  "With `ioThreads: 'auto'`, a message from 64 KiB up that is to be compressed, or from 32 KiB up that is to be inflated,",
  'takes its connection to an I/O thread before anything is done for it, if a second processor is there. With',
  '`ioThreads: 0`, with one processor, and on TLS and other streams, all of it is done on the JavaScript thread: a megabyte',
  'of JSON there holds up the event loop for more than ten milliseconds. Smaller messages leave only when the JavaScript',
  'thread has no time left, of which compressing and inflating count as ours.',
].join('\n');

function circumstances(report) {
  const versions = new Set(
    report.contestants.map(
      // Each program once, whatever it was measured with.
      ({ name, version }) => `${name.split(/,| \+| \(/)[0]} ${version}`,
    ),
  );
  const left = report.missing.map(
    ({ name, reason }) => ` ${name} is left out: ${reason}.`,
  );

  return (
    `Made by \`${report.command}\` on ${report.date}, in ${report.minutes} minutes: ` +
    `${report.rounds} rounds, ${report.seconds} seconds each, on ${report.machine}. ` +
    `Node.js ${report.node.slice(1)}; ${[...versions].join(', ')}.${left.join('')}` +
    ` ${generatorLoad(report.cases)} ${disturbance(report.cases)}`
  );
}

function generatorLoad(cases) {
  const loads = runsOf(cases).map((run) => run.generator?.load);
  const most = Math.max(...loads.filter(Number.isFinite));

  return Number.isFinite(most)
    ? `The load generator was busy for ${Math.round(most * 100)} % of the time at most.`
    : '';
}

/** How busy the machine was with other things. */
function disturbance(cases) {
  const others = median(
    runsOf(cases)
      .map((run) => run.others)
      .filter(Number.isFinite),
  );

  if (others === undefined) return '';

  const share = `${Math.round(others * 100)} % of one processor`;

  return others > DISTURBED
    ? `**The machine was not quiet: other programs took ${share} in the median run. Rates and latencies are too low and ` +
        'too high; CPU time suffers less, but suffers.**'
    : `Other programs took ${share} in the median run.`;
}

function runsOf(cases) {
  return cases
    .flatMap(({ results }) => results)
    .flatMap(({ runs }) => runs.filter(Boolean));
}

function howToRead() {
  return [
    'The server has one processor to itself, with all its threads, and the load generator (`bench/loadgen`) the other.',
    'Each message goes to a JavaScript listener as a `Buffer` and is sent back from JavaScript; in Bun text is a string',
    'instead, and fan-out uses `publish` where there is one. tokio-tungstenite runs no JavaScript: it is a floor, and no',
    'peer. What came back was checked, every byte of it. Contestants took turns; figures are medians of the rounds, and a',
    'ratio is the median of the ratios of each round. CPU is microseconds for an operation, of the whole server process and',
    'of its JavaScript thread alone; latencies are those of a server that is given all it can take. The delay of the event',
    'loop is its 99th percentile, in milliseconds. The best peer of a case is the one of ws, ws + bufferutil, uWebSockets.js',
    'and Bun that costs the least. † marks rates that the load generator may have limited; ‡ a server that agrees to a',
    'context for compression and then sends so many more bytes than ws that it cannot have used it: it is no best peer.',
    'All compress with the window and the memory that are the default of ws, where they let one choose.',
  ].join('\n');
}

function summary(rows) {
  const columns = [
    ['ws', 'ws'],
    ['ws-bufferutil', 'ws + bufferutil'],
    ['uws', 'uWS.js'],
    ['bun', 'Bun'],
    ['floor', 'floor'],
    ['hawser-loop', 'hawser, loop'],
    ['hawser-thread', 'hawser, 1 I/O thread'],
    ['hawser-stream', 'hawser, stream'],
  ].filter(([id]) => rows.some((row) => row.of(id)));
  const head = [
    'CPU µs for an operation',
    ...columns.map(([, title]) => title),
    'loop to ws + bufferutil',
    'loop to the best peer',
    'JS thread of 1 I/O thread to it',
  ];

  return [
    '(The I/O thread’s column has all CPU time, and after the stroke that of the JavaScript thread.)\n',
    markdownTable([
      head,
      ...rows.map((row) => [
        row.shape.mode === 'idle' ? `${row.shape.name}, KB` : row.shape.name,
        ...columns.map(([id]) => cell(row, id)),
        fixed(row.ratio('hawser-loop', 'ws-bufferutil')),
        fixed(row.ratio('hawser-loop', row.bestPeer?.id)),
        fixed(row.mainThreadRatio('hawser-thread', row.bestPeer?.id)),
      ]),
    ]),
  ].join('\n');
}

function cell(row, id) {
  const cost =
    short(row.cost(id)?.median) + (row.compressesLess(id) ? ' ‡' : '');
  const mainThread = row.summary(id, (run) => run.mainThreadCpu)?.median;

  return id === 'hawser-thread' && mainThread !== undefined
    ? `${cost} / ${short(mainThread)}`
    : cost;
}

function behind(rows) {
  const reasons = fs.existsSync(REASONS)
    ? JSON.parse(fs.readFileSync(REASONS, 'utf8'))
    : {};
  const lines = rows.flatMap((row) => {
    const { bestPeer: best } = row;
    const ratio = row.ratio('hawser-loop', best?.id);

    if (ratio === undefined || ratio <= AHEAD) return [];

    const reason = reasons[row.shape.name];

    return [
      `- ${row.shape.name}: ${fixed(ratio)} of ${best.name}.${reason ? ` ${reason}` : ''}`,
    ];
  });

  return lines.length === 0
    ? 'Nowhere.'
    : [
        `On the event loop, in cases in which it costs more than ${AHEAD} of the best peer:\n`,
        ...lines,
      ].join('\n');
}

function details(rows) {
  const groups = new Map();

  for (const row of rows) {
    const { group } = row.shape;
    groups.set(group, [...(groups.get(group) ?? []), row]);
  }

  return [...groups].flatMap(([group, members]) => [
    `## ${group}`,
    ...members.flatMap((row) => [
      `### ${row.shape.name[0].toUpperCase()}${row.shape.name.slice(1)}`,
      markdownTable(tableOf(row)),
    ]),
  ]);
}

/** Columns are filled up, as Prettier has it. */
function markdownTable([head, ...rows]) {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => row[column].length)),
  );
  const line = (row) =>
    `| ${row.map((text, column) => (column === 0 ? text.padEnd(widths[column]) : text.padStart(widths[column]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;

  return [line(head), rule, ...rows.map(line)].join('\n');
}
