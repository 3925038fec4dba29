'use strict';

const semver = require('semver');

/**
 * The tag under which a version is published: `latest`, and for a prerelease `next`. If that stands for a later version,
 * this is a fix for an old one, which must not take the place of the new one: then it is `latest-1.2`, for its own line.
 *
 * @param {string} version
 * @param {Record<string, string>} tags What the registry has: for each tag a version
 * @returns {string} A name that is no version (`v1` would be one), as npm demands
 */
function distTagFor(version, tags) {
  const { major, minor, prerelease } = semver.parse(version);
  const tag = prerelease.length > 0 ? 'next' : 'latest';
  const isOfAnOldLine = tags[tag] && semver.gt(tags[tag], version);
  return isOfAnOldLine ? `${tag}-${major}.${minor}` : tag;
}

module.exports = { distTagFor };
