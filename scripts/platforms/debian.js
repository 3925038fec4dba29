'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/**
 * Debian 13: the first with a musl (1.2.5) whose loader starts the Node.js for it, and with a Node.js for armhf that is new
 * enough. The system's own is an older one.
 */
const RELEASE = 'trixie';

/**
 * Gets a package of a later Debian than this one, for any architecture, with all that it depends on, and without a word
 * to the apt of the system: with lists of its own.
 *
 * @param {string} folder
 * @param {string} architecture As Debian calls it
 * @param {string} name
 * @returns {string} The folder that is its root
 */
function unpackFromDebian(folder, architecture, name) {
  const home = path.join(folder, `${RELEASE}-${architecture}-${name}`);
  const root = path.join(home, 'root');
  if (fs.existsSync(root)) return root;

  const cache = path.join(home, 'cache');
  const apt = aptIn(home, cache, architecture);
  apt(['update']);
  apt([
    ...['install', '--download-only', '--yes'],
    ...['--no-install-recommends', name],
  ]);

  const unpacked = path.join(home, 'unpacked');
  const archives = path.join(cache, 'archives');
  for (const file of fs.readdirSync(archives)) {
    if (!file.endsWith('.deb')) continue;
    execFileSync('dpkg-deb', ['-x', path.join(archives, file), unpacked]);
  }
  fs.symlinkSync('usr/lib', path.join(unpacked, 'lib'));
  // The last thing, so that a root that is there is complete.
  fs.renameSync(unpacked, root);
  return root;
}

function aptIn(home, cache, architecture) {
  const lists = path.join(home, 'lists');
  const sources = path.join(home, 'sources.list');
  const status = path.join(home, 'status');
  for (const folder of [lists, path.join(cache, 'archives')])
    fs.mkdirSync(path.join(folder, 'partial'), { recursive: true });
  fs.writeFileSync(status, '');
  fs.writeFileSync(
    sources,
    `deb [arch=${architecture} signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror()} ${RELEASE} main\n`,
  );
  const options = {
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'APT::Sandbox::User': 'root',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
    'Acquire::Languages': 'none',
    'Dir::Cache': cache,
    // An image may have been told to keep no packages.
    'Dir::Etc::Parts': '/dev/null',
    'Dir::Etc::SourceList': sources,
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::Lists': lists,
    'Dir::State::Status': status,
  };
  const args = Object.entries(options).map(
    ([name, value]) => `-o${name}=${value}`,
  );
  return (what) =>
    execFileSync('apt-get', ['-qq', ...args, ...what], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
}

/** Wherever this system's packages come from. */
function mirror() {
  const targets = execFileSync(
    'apt-get',
    [
      'indextargets',
      ...['--format', '$(REPO_URI) $(COMPONENT)'],
      ...['Origin: Debian', 'Created-By: Packages'],
    ],
    { encoding: 'utf8' },
  );
  const main = targets
    .split('\n')
    .map((line) => line.split(' '))
    .find(([uri, part]) => part === 'main' && !uri.includes('security'));
  if (!main) throw new Error('apt knows no mirror of Debian');
  return main[0];
}

module.exports = { unpackFromDebian };
