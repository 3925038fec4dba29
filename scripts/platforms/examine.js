'use strict';

const fs = require('node:fs');

const { faultsOf } = require('./faults');
const { inspect } = require('./inspect');

/**
 * @param {string} file A binary
 * @param {import('./targets').Target} target What it was built for
 * @param {object} tools
 * @param {string} tools.readobj LLVM's llvm-readobj
 * @param {string} [tools.muslLibc] The libc of a musl system; without it, nobody looks whether it has what is wanted
 * @returns {import('./inspect').Seen & {size: number}}
 * @throws {Error} If it is not fit for its platform
 */
function examine(file, target, { readobj, muslLibc }) {
  const { size } = fs.statSync(file);
  const seen = { ...inspect(file, readobj), size };
  const functionsOfMusl =
    muslLibc && new Set(inspect(muslLibc, readobj).exports);
  const faults = faultsOf(seen, target, functionsOfMusl);
  if (faults.length > 0) throw new Error(faults.join('; '));
  return seen;
}

module.exports = { examine };
