'use strict';

/*
 * What a binary asks of the system that loads it, read from the file by LLVM's llvm-readobj.
 */

const { spawnSync } = require('node:child_process');

/** What Node looks for in an addon, and all that one needs to show. */
const ENTRY = 'napi_register_module_v1';

/**
 * @param {string} file
 * @param {string} readobj The program
 * @returns {{libraries: string[], glibc?: string, macos?: string, exports: string[]}} What it is linked against, the
 *     newest glibc that it needs or the oldest macOS that it runs on, and the functions it shows
 */
function inspect(file, readobj) {
  const text = read(readobj, ['--file-headers', file]);
  if (text.includes('Format: elf')) return inspectElf(file, readobj);
  if (text.includes('Format: Mach-O')) return inspectMachO(file, readobj);
  return inspectPortableExecutable(file, readobj);
}

/**
 * @param {ReturnType<typeof inspect>} seen
 * @param {import('./targets').Target} target
 * @returns {string[]} What is not as it has to be, in words
 */
function faultsOf(seen, target) {
  const faults = seen.libraries
    .filter((name) => !target.libraries.some((allowed) => allowed.test(name)))
    .map((name) => `needs the library ${name}`);
  if (target.glibc && isNewer(seen.glibc, target.glibc)) {
    faults.push(`needs glibc ${seen.glibc}, later than ${target.glibc}`);
  }
  if (target.macos && isNewer(seen.macos, target.macos)) {
    faults.push(`needs macOS ${seen.macos}, later than ${target.macos}`);
  }
  if (!seen.exports.some((name) => name.replace(/^_/, '') === ENTRY)) {
    faults.push(`does not export ${ENTRY}`);
  }
  return faults;
}

function inspectElf(file, readobj) {
  const style = [
    '--elf-output-style=JSON',
    '--needed-libs',
    '--dyn-syms',
    '--version-info',
  ];
  const [elf] = JSON.parse(read(readobj, [...style, file]));
  const versions = elf.VersionRequirements.flatMap(
    ({ Dependency }) => Dependency.Entries,
  )
    .map(({ Entry }) => /^GLIBC_([\d.]+)$/.exec(Entry.Name)?.[1])
    .filter(Boolean);
  return {
    libraries: elf.NeededLibraries,
    glibc: versions.reduce(
      (newest, version) => (isNewer(version, newest) ? version : newest),
      undefined,
    ),
    exports: elf.DynamicSymbols.map((entry) => entry.Symbol)
      .filter((symbol) => symbol.Section.Name !== 'Undefined')
      .map((symbol) => symbol.Name.Name),
  };
}

function inspectMachO(file, readobj) {
  const text = read(readobj, [
    '--needed-libs',
    '--macho-version-min',
    '--symbols',
    file,
  ]);
  const [, libraries] = /NeededLibraries \[\n(.*?)\n\]/s.exec(text);
  return {
    // The first is the name that the file has itself.
    libraries: lines(libraries).filter((name) => !name.startsWith('@rpath/')),
    macos: /MinVersion \{[^}]*Version: ([\d.]+)/s.exec(text)?.[1],
    exports: text
      .split('Symbol {')
      .filter(
        (symbol) => /^ +Extern\b/m.test(symbol) && !/Type: Undef/.test(symbol),
      )
      .map((symbol) => /Name: (\S+)/.exec(symbol)?.[1] ?? ''),
  };
}

function inspectPortableExecutable(file, readobj) {
  const text = read(readobj, ['--needed-libs', '--coff-exports', file]);
  const [, libraries] = /NeededLibraries \[\n(.*?)\n\]/s.exec(text);
  return {
    libraries: lines(libraries),
    exports: [...text.matchAll(/^ +Name: (\S+)/gm)].map(([, name]) => name),
  };
}

function read(program, args) {
  const { error, status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status === 0) return stdout;
  throw new Error(`${program}: ${error?.message ?? stderr.trim()}`);
}

function lines(text) {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

/** @returns {boolean} Whether a version is later than another; none is later than nothing */
function isNewer(version, other) {
  if (!version || !other) return Boolean(version);
  const [ours, theirs] = [version, other].map((text) =>
    text.split('.').map(Number),
  );
  const at = ours.findIndex((part, index) => part !== (theirs[index] ?? 0));
  return at !== -1 && ours[at] > (theirs[at] ?? 0);
}

module.exports = { inspect, faultsOf };
