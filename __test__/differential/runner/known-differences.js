'use strict';

const fs = require('node:fs');
const path = require('node:path');

const PAGE = path.join(__dirname, '../../../docs/differences.md');

/**
 * @returns {Set<string>} the first cells of the rows of docs/differences.md
 */
function knownDifferences() {
  const rows = fs
    .readFileSync(PAGE, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2);
  return new Set(rows.map((row) => row.split('|')[1].trim()));
}

module.exports = { knownDifferences };
