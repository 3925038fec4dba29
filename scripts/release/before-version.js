'use strict';

/*
 * The `preversion` script of package.json. What would stop `npm version` is looked for here, before it has changed anything:
 * later it leaves behind what it has written, and does not begin anew before that is undone.
 */

const { withRelease } = require('./changelog');
const { readText } = require('./project');

try {
  withRelease(
    readText('CHANGELOG.md'),
    process.env.npm_new_version,
    'the day of the release',
  );
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
