'use strict';

/*
 * What the registry has of our packages.
 */

const { npm } = require('../ecosystem/npm');
const { inRoot } = require('../setup/root');

/**
 * @param {string} name A package
 * @param {string} version
 * @returns {Promise<string | undefined>} The checksum of its tarball; undefined if there is no such version
 */
function integrityOf(name, version) {
  return view(`${name}@${version}`, 'dist.integrity');
}

/**
 * @param {string} name A package
 * @returns {Promise<Record<string, string>>} The version that each of its tags stands for; none if there is no such package
 */
async function distTagsOf(name) {
  return (await view(name, 'dist-tags')) ?? {};
}

async function view(spec, field) {
  try {
    const said = await npm(['view', spec, field, '--json'], { cwd: inRoot() });
    // npm answers with nothing if there is the package, but not the version.
    return said.trim() === '' ? undefined : JSON.parse(said);
  } catch (error) {
    if (/\bE404\b/.test(error.message)) return undefined;
    throw error;
  }
}

module.exports = { distTagsOf, integrityOf };
