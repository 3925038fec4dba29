'use strict';

/*
 * The LICENSE of each platform package: ours, and below it those of the crates in the binary. One file, because npm packs
 * a LICENSE whatever `files` says. Not committed: it follows from Cargo.lock.
 */

const fs = require('node:fs');

const { inRoot } = require('../setup/root');
const { thirdPartyNotices } = require('./notices');
const { platforms } = require('./versions');

/** Writes it into every folder of `npm/`. */
function writeLicences() {
  const ours = fs.readFileSync(inRoot('LICENSE'), 'utf8');
  const text = `${ours}\n${thirdPartyNotices()}`;
  for (const platform of platforms())
    fs.writeFileSync(inRoot('npm', platform, 'LICENSE'), text);
}

module.exports = { writeLicences };

if (require.main === module) writeLicences();
