'use strict';

/*
 * What a binary may ask of the system that loads it, and what it must have for Node to load it.
 */

/** What Node looks for in an addon, and all that one needs to show. */
const ENTRY = 'napi_register_module_v1';

/** What Node itself exports. */
const OF_NODE = /^(?:napi_|node_api_|uv_)/;

/** The bytes of a binary that nobody minds to download; one that is only tried may have more. */
const MOST_BYTES = 2_000_000;

/**
 * @param {import('./inspect').Seen & {size: number}} seen
 * @param {import('./targets').Target} target
 * @param {Set<string>} [functionsOfMusl] What musl's libc has; not looked at if it is not known
 * @returns {string[]} What is not as it has to be, in words
 */
function faultsOf(seen, target, functionsOfMusl) {
  return [
    ...faultsOfShape(seen, target),
    ...faultsOfLibraries(seen, target),
    ...faultsOfImports(seen, target, functionsOfMusl),
  ];
}

/**
 * @param {import('./inspect').Seen} seen
 * @returns {string | undefined} The oldest glibc that it can be loaded with
 */
function glibcFloorOf({ versions }) {
  return versions
    .map((version) => /^GLIBC_([\d.]+)$/.exec(version)?.[1])
    .filter(Boolean)
    .reduce(
      (newest, version) => (isNewer(version, newest) ? version : newest),
      undefined,
    );
}

function faultsOfShape({ arch, exports: exported, size }, target) {
  const faults = [];
  if (arch !== target.arch)
    faults.push(`is for ${arch} and not ${target.arch}`);
  if (target.published && size > MOST_BYTES)
    faults.push(`has ${size} bytes, more than ${MOST_BYTES}`);
  if (!exported.includes(ENTRY)) faults.push(`does not export ${ENTRY}`);
  const others = exported.filter(
    (name) => name !== ENTRY && !target.mayExport?.test(name),
  );
  if (others.length > 0)
    faults.push(`exports ${others.length} others, such as ${others[0]}`);
  return faults;
}

function faultsOfLibraries({ libraries, versions, macos }, target) {
  const faults = libraries
    .filter((name) => !target.libraries.some((allowed) => allowed.test(name)))
    .map((name) => `needs the library ${name}`);
  if (target.macos && (!macos || isNewer(macos, target.macos)))
    faults.push(`needs macOS ${macos}, later than ${target.macos}`);
  const glibc = glibcFloorOf({ versions });
  if (glibc && isNewer(glibc, target.newestGlibc))
    faults.push(`needs glibc ${glibc}, later than ${target.newestGlibc}`);
  // Such as GLIBC_PRIVATE, or a mark that only a later loader understands.
  const others = versions.filter((name) => !/^(?:GLIBC|GCC)_\d/.test(name));
  return [...faults, ...others.map((name) => `needs ${name}`)];
}

/** A wish that names its library and version has been looked at with these; the others have to be of musl or of Node. */
function faultsOfImports({ imports }, { platform }, functionsOfMusl) {
  const isForMusl = platform.endsWith('-musl');
  if (isForMusl && !functionsOfMusl) return [];
  const isKnown = ({ name }) =>
    OF_NODE.test(name) || (isForMusl && functionsOfMusl.has(name));
  return imports
    .filter((wish) => !wish.isBound && !wish.isWeak && !isKnown(wish))
    .map(({ name }) => `needs ${name}, which nothing here has`);
}

/** @returns {boolean} Whether a version is later than another; any is later than none */
function isNewer(version, other) {
  if (!other) return true;
  const [ours, theirs] = [version, other].map((text) =>
    text.split('.').map(Number),
  );
  const at = ours.findIndex((part, index) => part !== (theirs[index] ?? 0));
  return at !== -1 && ours[at] > (theirs[at] ?? 0);
}

module.exports = { faultsOf, glibcFloorOf };
