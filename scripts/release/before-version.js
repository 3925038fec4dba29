'use strict';

/*
 * The `preversion` script of package.json. What would stop `npm version` or the release is looked for here, before anything
 * has changed: later `npm version` leaves behind what it has written, and a tag may be pushed already.
 */

const { withRelease } = require('./changelog');
const { readText } = require('./project');
const { unpublishedFaults } = require('./unpublished');

const faults = [...changelogFaults(), ...unpublishedFaults()];
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exitCode = 1;
}

function changelogFaults() {
  const { npm_new_version: version } = process.env;
  try {
    withRelease(readText('CHANGELOG.md'), version, 'the day of the release');
    return [];
  } catch (error) {
    return [error.message];
  }
}
