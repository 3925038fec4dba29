'use strict';

const { readText } = require('./project');

/**
 * What CHANGELOG.md says of a version: the text of its release.
 *
 * @param {string} version The version, or `Unreleased`
 * @returns {string | undefined} Markdown without the heading, or nothing if there is no such heading
 */
function changesOf(version) {
  const [, ...sections] = readText('CHANGELOG.md').split(/^## /m);
  const section = sections.find((text) => text.startsWith(`[${version}]`));
  if (section === undefined) return undefined;
  const [, ...lines] = section.split('\n');
  return lines.join('\n').trim();
}

/**
 * Puts what is new under the heading of a version; if that is there, with entries, only its date is set.
 *
 * @param {string} text All of CHANGELOG.md
 * @param {string} version
 * @param {string} date As `2026-11-23`
 * @returns {string}
 * @throws {Error} if there is nothing new
 */
function withRelease(text, version, date) {
  const heading = `## [${version}] - ${date}`;
  const existing = text
    .split('\n')
    .find((line) => line.startsWith(`## [${version}]`));
  if (existing) return text.replace(existing, heading);

  const [, news] =
    /^## \[Unreleased\]\n([^]*?)(?=^## |$(?![^]))/m.exec(text) ?? [];
  if (!news?.trim()) {
    throw new Error('CHANGELOG.md has nothing under [Unreleased]');
  }
  return text.replace('## [Unreleased]\n', `## [Unreleased]\n\n${heading}\n`);
}

module.exports = { changesOf, withRelease };

if (require.main === module) {
  const [, , version] = process.argv;
  const changes = changesOf(version);
  if (!changes) {
    console.error(`CHANGELOG.md says nothing of ${version}.`);
    process.exit(1);
  }
  console.log(changes);
}
