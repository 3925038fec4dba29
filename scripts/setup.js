'use strict';

/*
 * Everything a fresh clone lacks, in the order in which it is needed: a Node.js that is new enough, the development
 * packages, the addon. Each step looks first and does nothing when nothing changed, so that `npm start` and `npm test`
 * can begin with it every time. Only Node's own modules are used: there may be no `node_modules` yet.
 */

const { buildAddon } = require('./setup/addon');
const { installPackages } = require('./setup/packages');
const { requireNode } = require('./setup/node-version');
const { SetupError } = require('./setup/setup-error');

/**
 * Makes the clone ready to run and to be tested. Ends the process with a message and exit code 1 where that fails.
 */
function setUp() {
  try {
    requireNode();
    installPackages();
    buildAddon();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`\nhawser set-up failed: ${error.message}`);
    process.exit(1);
  }
}

module.exports = { setUp };

if (require.main === module) setUp();
