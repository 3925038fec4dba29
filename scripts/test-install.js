'use strict';

/*
 * `npm run test:install`: publishes the packages to a registry on 127.0.0.1 and installs them as users do, with the package
 * managers and bundlers of `__test__/install/package.json`. The exit code is 0 only if all of it works.
 *
 *   npm run test:install -- --only bundlers   only the test files with "bundlers" in their name
 *   npm run test:install -- --keep            leave the projects behind, to look into them
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { publish } = require('./install/publishing');
const { startRegistry } = require('./install/registry');
const { installTools } = require('./install/tools');
const { setUp } = require('./setup');
const { runNodeTests } = require('./test/node-tests');
const { step } = require('./test/step');
const { testFilesIn } = require('./test/suites');
const { printSummary } = require('./test/summary');

main();

async function main() {
  const { keep, only } = parseArgs({
    options: {
      keep: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
    },
  }).values;
  setUp();

  // A folder of Node's own /tmp may be a link, which package managers follow.
  const temporary = fs.realpathSync(os.tmpdir());
  const top = fs.mkdtempSync(path.join(temporary, 'hawser-install-'));
  try {
    const tools = await step('tools', installTools);
    const registry = await startRegistry(tools, path.join(top, 'registry'));
    try {
      const published = await step('publishing', () =>
        publish(registry.address, path.join(top, 'staged')),
      );
      report(published);
      prepareBareMachine(top);
      const situation = {
        registry: registry.address,
        storage: path.join(top, 'registry', 'storage'),
        tools,
        top,
        ...published,
      };
      await runTests(situation, only);
    } finally {
      await registry.end();
    }
  } catch (error) {
    console.error(error.code === 'HAWSER_ERR_SETUP' ? error.message : error);
    process.exitCode = 1;
  } finally {
    if (keep) console.log(`\nEverything is in ${top}`);
    else fs.rmSync(top, { recursive: true, maxRetries: 3 });
  }
}

/** What a machine has that has nothing but Node: see `__test__/install/support/programs.js`. */
function prepareBareMachine(top) {
  const [bin, home] = ['bin', 'home'].map((name) => path.join(top, name));
  fs.mkdirSync(home);
  fs.mkdirSync(bin);
  const name = path.basename(process.execPath);
  fs.symlinkSync(process.execPath, path.join(bin, name));
}

async function runTests(situation, only) {
  const files = testFilesIn('__test__/install').filter((file) =>
    file.includes(only),
  );
  const started = performance.now();
  const counts = await runNodeTests(files, {
    HAWSER_INSTALL: JSON.stringify(situation),
  });
  const seconds = (performance.now() - started) / 1000;
  const passed = printSummary([{ name: 'install', seconds, ...counts }]);
  process.exitCode = passed ? 0 : 1;
}

function report({ built, empty }) {
  console.log(`    with their binary: ${built.join(', ')}`);
  if (empty.length > 0) {
    console.log(`    with none, as it is not built: ${empty.join(', ')}`);
  }
}
