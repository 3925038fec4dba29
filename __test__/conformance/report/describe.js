'use strict';

/**
 * What a row sends and what must be seen, in words.
 *
 * @module describe
 */

const { OPCODE } = require('../../support/frames');
const { CUT, seen } = require('../vocabulary');

const NAMES = Object.fromEntries(
  Object.entries(OPCODE).map(([name, opcode]) => [opcode, name.toLowerCase()]),
);

/**
 * @param {object} row
 * @returns {string} what the peer sends, or the program does, in Markdown
 */
function describeSent(row) {
  if (row.sends) return row.sends;
  const [what, options] = DESCRIBERS[row.kind](row);
  const stated = Object.entries(options ?? {})
    .filter(([, value]) => typeof value !== 'function')
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  const context = stated.length > 0 ? `, with \`${stated.join(', ')}\`` : '';
  return `${code(what)}${context}`;
}

/**
 * @param {{ api: string[], wire: string[] }} outcome
 * @param {object} row
 * @returns {string} what is seen: events, and behind the arrow what the peer gets
 */
function describeSeen({ api, wire }, { ending = 'close' }) {
  const events = api.filter(
    (event, i) => !goesWithoutSaying(event, api[i - 1]),
  );
  const frames = [...wire];
  if (
    ending === 'close' &&
    events.at(-1) === 'close 1000' &&
    frames.at(-1) === 'close 1000'
  ) {
    events.pop();
    frames.pop();
  }
  const told = [join(events), join(frames)].filter(Boolean);
  return code(told.join(' → ') || 'nothing');
}

/** An error is always followed by this event. */
function goesWithoutSaying(event, before) {
  return event === 'close 1006' && before?.startsWith('error ');
}

module.exports = { code, describeSeen, describeSent };

const DESCRIBERS = {
  constructor: ({ options, protocols, url }) => [
    `new WebSocket(${[url, protocols, options]
      .filter(Boolean)
      .map((arg) => JSON.stringify(arg))
      .join(', ')})`,
  ],
  frames: ({ calls = [], ending, extension, options, reply, send = [] }) => {
    const parts = [...calls.map(describeCall), ...send.map(describeStep)];
    if (ending === 'fin') parts.push('the end');
    if (reply) parts.push(`in reply ${reply.map(describeStep).join('; ')}`);
    const { perMessageDeflate, ...others } = options ?? {};
    return [
      parts.join('; ') || 'nothing',
      {
        ...others,
        ...(extension?.includes(';') && { extension }),
      },
    ];
  },
  request: ({ changes, options, requestLine }) => [
    [requestLine, ...describeChanges(changes)].filter(Boolean).join('; '),
    optionsOfDeflate(options),
  ],
  response: ({ changes, options, protocols, statusLine }) => [
    [statusLine, ...describeChanges(changes)].filter(Boolean).join('; ') ||
      'a response in order',
    {
      ...optionsOfDeflate(options),
      ...(protocols?.length > 0 && { protocols }),
    },
  ],
};

/** What everybody does about compression is not worth mentioning. */
function optionsOfDeflate({ perMessageDeflate, ...others } = {}) {
  const isPlain =
    perMessageDeflate === true ||
    Object.keys(perMessageDeflate ?? {}).length === 0;
  return isPlain ? others : { ...others, ...perMessageDeflate };
}

function describeChanges(changes = {}) {
  return Object.entries(changes).flatMap(([name, values]) =>
    [values]
      .flat()
      .map((value) => (value === null ? `no ${name}` : `${name}: ${value}`)),
  );
}

function describeCall([name, ...args]) {
  const shown = args
    .filter((arg) => arg !== undefined)
    .map((arg) => {
      if (Buffer.isBuffer(arg)) return withoutDigest(seen('Buffer', arg));
      if (typeof arg === 'string')
        return withoutDigest(seen('', arg).trim()) || '""';
      return JSON.stringify(arg);
    });
  return `${name}(${shown.join(', ')})`;
}

function describeStep(step) {
  if (step === CUT) return '/';
  if (Buffer.isBuffer(step)) return withoutDigest(seen('bytes', step));
  if (step.split) return `${describeStep(step.split)}, cut at byte ${step.at}`;
  const { fin, lengthBits, opcode, payload, rsv1, rsv2, rsv3 } = step;
  const what = [
    NAMES[opcode] ?? `opcode ${opcode}`,
    rsv1 && 'RSV1',
    rsv2 && 'RSV2',
    rsv3 && 'RSV3',
    fin === false && 'unfinished',
    lengthBits && `(${lengthBits}-bit length)`,
  ]
    .filter(Boolean)
    .join(' ');
  const bytes = Buffer.from(payload);
  if (opcode !== OPCODE.CLOSE || bytes.length < 2) {
    return withoutDigest(seen(what, bytes));
  }
  return withoutDigest(
    seen(`${what} ${bytes.readUInt16BE(0)}`, bytes.subarray(2)),
  );
}

function join(notes) {
  return notes.map(withoutDigest).join(', ');
}

function withoutDigest(note) {
  return note.replace(/ #[0-9a-f]{8}$/, '');
}

/** Code of Markdown, within a table. */
function code(content) {
  const fence = content.includes('`') ? '``' : '`';
  const room = fence.length > 1 ? ' ' : '';
  const safe = content.replaceAll('|', '\\|').replaceAll('\t', '⇥');
  return `${fence}${room}${safe}${room}${fence}`;
}
