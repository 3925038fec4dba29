'use strict';

const fs = require('node:fs');

const { inRoot } = require('../setup/root');

/**
 * What CHANGELOG.md says of a version: the text of its release.
 *
 * @param {string} version The version, or `Unreleased`
 * @returns {string | undefined} Markdown without the heading, or nothing if there is no such heading
 */
function changesOf(version) {
  const [, ...sections] = fs
    .readFileSync(inRoot('CHANGELOG.md'), 'utf8')
    .split(/^## /m);
  const section = sections.find((text) => text.startsWith(`[${version}]`));
  return section?.slice(section.indexOf('\n')).trim();
}

module.exports = { changesOf };

if (require.main === module) {
  const [, , version] = process.argv;
  const changes = changesOf(version);
  if (!changes) {
    console.error(`CHANGELOG.md says nothing of ${version}.`);
    process.exit(1);
  }
  console.log(changes);
}
