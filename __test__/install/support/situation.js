'use strict';

/**
 * What `scripts/test-install.js` has prepared: a registry with the packages as they would be published, and the tools.
 *
 * @type {object}
 * @property {string} registry Its address
 * @property {string} storage Where it keeps the tarballs
 * @property {string} tools The folder of the package managers and bundlers
 * @property {string} top A folder for projects, which goes with the run
 * @property {string} version Of everything published; `scripts/install/publishing.js` describes it and what follows
 * @property {string} fromThisClone The platform that this is, as in the names of packages
 * @property {string[]} built
 * @property {string[]} empty
 */
module.exports = JSON.parse(
  process.env.HAWSER_INSTALL ??
    fail('These tests are run by `npm run test:install`.'),
);

function fail(message) {
  throw new Error(message);
}
