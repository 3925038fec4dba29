'use strict';

const { describeSeen } = require('./describe');
const { linesOf } = require('./lines');

module.exports = { renderTable };

const INTRODUCTION = `# Conformance

The rules of RFC 6455 (the WebSocket protocol) and RFC 7692 (permessage-deflate), each tried with a raw peer on a TCP
connection: hawser on every driver, as server and as client, and \`ws\` 8.23.0 in the same way. This page is written by
\`npm run conformance\`; \`npm test\` plays every row on every driver, and fails if a row deviates or if this page is not
what the rows say. They are in [\`__test__/conformance/\`](../__test__/conformance/README.md).

A row says what the peer sends (or the program does), and what must be seen: the events of the WebSocket and, behind an
arrow, what the peer gets back. An error is followed by a close event with 1006; where there is none, and nothing else is said,
both ends close with 1000 then. ✓ is what must be seen; where something else is seen, it is written there, and why.
`;

/**
 * Writes the table.
 *
 * @param {object[]} rows
 * @param {Map<string, Record<string, object>>} [deviations] for the id of a row, outcomes that nobody
 *     expected: of `ws`, and of hawser by driver
 * @returns {string} Markdown
 */
function renderTable(rows, deviations = new Map()) {
  const better = rows.filter((row) => row.ws);
  const alike = rows.filter((row) => row.both);
  return [
    INTRODUCTION,
    '## Summary\n',
    summary(rows, deviations),
    `${better.length} rows are read otherwise by \`ws\`, and as the RFC has it by hawser:\n`,
    list(better, ({ ws }) => ws.why),
    `${alike.length} rows are read by both otherwise than the RFC has it; what works with \`ws\` must work with hawser:\n`,
    list(alike, ({ both }) => both.why),
    ...titlesOf(rows).map((title) =>
      renderPart(
        title,
        rows.filter((row) => row.title === title),
        deviations,
      ),
    ),
  ].join('\n');
}

function summary(rows, deviations) {
  const cells = (name, some) => {
    const byRule = new Set(some.map(({ ruleId }) => ruleId));
    const unexpected = (who) =>
      some.filter(({ id }) => who(deviations.get(id) ?? {})).length;
    const failing = unexpected(
      ({ ws, ...hawser }) => Object.keys(hawser).length,
    );
    const ofWs = some.filter((row) => row.ws || row.both).length;
    const ofHawser = some.filter((row) => row.both).length;
    return [
      name,
      byRule.size,
      some.length,
      some.length - ofWs - unexpected(({ ws }) => ws),
      some.length - ofHawser - failing,
      ofHawser,
      failing,
    ];
  };
  const titles = titlesOf(rows);
  return table(
    [
      'part',
      'rules',
      'rows',
      'ws: as the RFC',
      'hawser: as the RFC',
      'hawser: as ws',
      'hawser: fails',
    ],
    [
      ...titles.map((title) =>
        cells(
          title,
          rows.filter((row) => row.title === title),
        ),
      ),
      cells('**all**', rows),
    ],
  );
}

/** Which rules these rows are of, and why they are exceptions. */
function list(rows, whyOf) {
  const items = new Map();
  for (const row of rows) {
    const key = `[${row.ruleId}](#${anchorOf(row.ruleId)}): ${whyOf(row)}`;
    items.set(key, (items.get(key) ?? 0) + 1);
  }
  const lines = [...items].map(
    ([item, count]) => `- ${item} (${rowsOf(count)})`,
  );
  return `${lines.join('\n')}\n`;
}

function renderPart(title, rows, deviations) {
  const ruleIds = [...new Set(rows.map(({ ruleId }) => ruleId))];
  const rules = ruleIds.map((ruleId) =>
    renderRule(
      rows.filter((row) => row.ruleId === ruleId),
      deviations,
    ),
  );
  return `## ${title}\n\n${rules.join('\n')}`;
}

function renderRule(rows, deviations) {
  const { rule, ruleId, section } = rows[0];
  const lines = linesOf(rows).map((line) => [
    line.sent,
    line.seen,
    [...line.roles].join(', '),
    line.rows.length,
    cellOf(line, 'ws', deviations),
    cellOf(line, 'hawser', deviations),
  ]);
  const header = ['sent', 'must be seen', 'role', 'rows', 'ws', 'hawser'];
  return `### ${ruleId}\n\n${rule} (${section})\n\n${table(header, lines)}`;
}

function cellOf({ rows }, implementation, deviations) {
  const [row] = rows;
  const { both, ws } = row;
  const unexpected = rows.flatMap(({ id }) => {
    const { ws: ofWs, ...ofHawser } = deviations.get(id) ?? {};
    const outcomes = implementation === 'ws' ? ofWs && { ws: ofWs } : ofHawser;
    return Object.entries(outcomes ?? {}).map(
      ([name, outcome]) => `✗ ${name} (${id}): ${describeSeen(outcome, row)}`,
    );
  });
  if (unexpected.length > 0) return unexpected.join('; ');
  if (implementation === 'ws' && (ws ?? both)) {
    return describeSeen((ws ?? both).expect, row);
  }
  if (both) return `${describeSeen(both.expect, row)}: ${both.why}`;
  return ws ? `✓ ${ws.why}` : '✓';
}

function titlesOf(rows) {
  return [...new Set(rows.map(({ title }) => title))];
}

function table(header, lines) {
  const written = [header, header.map(() => '---'), ...lines].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
  return `${written.join('\n')}\n`;
}

/** As GitHub makes it of a heading. */
function anchorOf(heading) {
  return heading.toLowerCase().replaceAll('/', '');
}

function rowsOf(count) {
  return count === 1 ? '1 row' : `${count} rows`;
}
