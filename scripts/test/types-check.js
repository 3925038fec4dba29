'use strict';

const path = require('node:path');

const { ROOT } = require('../setup/root');
const { run } = require('./run');

/**
 * Compiles the TypeScript programs that use hawser. The whole compilation counts as one test.
 *
 * @returns {Promise<{passed: number, failed: number, skipped: number}>}
 */
async function runTypesCheck() {
  const manifest = require.resolve('typescript/package.json', {
    paths: [ROOT],
  });
  const tsc = path.join(path.dirname(manifest), require(manifest).bin.tsc);
  const { code } = await run(process.execPath, [tsc, '-p', '__test__/types']);

  if (code === 0) console.log('The types compile.');
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

module.exports = { runTypesCheck };
