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
 * Puts what is new under the heading of a version, together with what is there already. A final version takes in its
 * prereleases, too: who updates from the version before it has not read of those.
 *
 * @param {string} text All of CHANGELOG.md
 * @param {string} version
 * @param {string} date As `2026-11-23`
 * @returns {string}
 * @throws {Error} if there is nothing to be said of it
 */
function withRelease(text, version, date) {
  const [preface, ...sections] = text.split(/^(?=## )/m);
  const isTaken = (section) =>
    section.startsWith('## [Unreleased]') ||
    section.startsWith(`## [${version}]`) ||
    section.startsWith(`## [${version}-`);
  const news = joined(sections.filter(isTaken).map(withoutHeading));
  if (!news) {
    throw new Error('CHANGELOG.md has nothing under [Unreleased]');
  }
  const others = sections.filter((section) => !isTaken(section)).join('');
  return `${preface}## [Unreleased]\n\n## [${version}] - ${date}\n\n${news}\n\n${others}`
    .trimEnd()
    .concat('\n');
}

function withoutHeading(section) {
  return section.slice(section.indexOf('\n') + 1).trim();
}

/** What several sections have under the same heading ("### Added") comes under one. */
function joined(sections) {
  const parts = new Map();
  for (const section of sections) {
    for (const part of section.split(/^(?=### )/m)) {
      const [, heading, body] = /^(### .*\n|)([^]*)$/.exec(part);
      if (body.trim() === '') continue;
      parts.set(heading, [...(parts.get(heading) ?? []), body.trim()]);
    }
  }
  return [...parts]
    .map(([heading, bodies]) =>
      heading ? `${heading}\n${bodies.join('\n')}` : bodies.join('\n\n'),
    )
    .join('\n\n');
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
