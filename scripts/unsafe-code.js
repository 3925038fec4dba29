'use strict';

/*
 * Where the Rust of this crate is `unsafe`, and whether each place says why it may be.
 *
 *   node scripts/unsafe-code.js    prints how many there are in each file
 */

const fs = require('node:fs');
const path = require('node:path');

const { ROOT, inRoot } = require('./setup/root');

/** What can be unsafe, and what must stand directly above it; not counted is the type of a function. */
const KINDS = {
  block: { pattern: /\bunsafe \{/, reason: /SAFETY:/ },
  impl: { pattern: /^\s*unsafe impl\b/, reason: /SAFETY:/ },
  // What its callers promise.
  function: {
    pattern: /^\s*(pub(\(\w+\))? )?unsafe fn \w/,
    reason: /SAFETY:|# Safety/,
  },
  // Node or libuv calls it; what it does in turn, it does in blocks.
  callback: { pattern: /^\s*unsafe extern "C" fn \w/, reason: /^/ },
};

/**
 * @typedef {object} UnsafePlace
 * @property {string} file from the top folder on
 * @property {number} line
 * @property {'block' | 'impl' | 'function' | 'callback'} kind
 * @property {boolean} isJustified whether the comment directly above it says why it is sound
 */

/** @returns {UnsafePlace[]} */
function unsafePlaces() {
  return rustFiles(inRoot('src')).flatMap((file) => {
    const lines = fs.readFileSync(file, 'utf8').split('\n');
    const name = path.relative(ROOT, file).replaceAll(path.sep, '/');
    return lines.flatMap((text, i) => {
      const found = Object.entries(KINDS).find(([, { pattern }]) =>
        pattern.test(codeOf(text)),
      );
      if (!found) return [];
      const [kind, { reason }] = found;
      const isJustified = reason.test(commentAbove(lines, i));
      return [{ file: name, line: i + 1, kind, isJustified }];
    });
  });
}

module.exports = { unsafePlaces };

if (require.main === module) printCounts();

function rustFiles(folder) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.rs'))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** A line without its comment. No string of ours has two slashes and `unsafe`. */
function codeOf(line) {
  return line.replace(/\/\/.*$/, '');
}

/** The unbroken comment right above a line; attributes may come between. */
function commentAbove(lines, i) {
  const comment = [];
  for (let above = i - 1; above >= 0; above--) {
    const text = lines[above].trim();
    if (text.startsWith('//')) comment.unshift(text);
    else if (comment.length > 0 || !text.startsWith('#[')) break;
  }
  return comment.join('\n');
}

function printCounts() {
  const kinds = Object.keys(KINDS);
  const counts = new Map();
  const total = kinds.map(() => 0);
  for (const { file, kind } of unsafePlaces()) {
    const row = counts.get(file) ?? kinds.map(() => 0);
    row[kinds.indexOf(kind)]++;
    total[kinds.indexOf(kind)]++;
    counts.set(file, row);
  }
  const files = [...counts].map(([file, row]) => [`\`${file}\``, ...row]);
  print('file', ...kinds.map((kind) => `${kind}s`));
  print('---', ...kinds.map(() => '--:'));
  for (const row of [...files, ['all', ...total]]) print(...row);
}

function print(...cells) {
  console.log(`| ${cells.join(' | ')} |`);
}
