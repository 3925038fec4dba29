'use strict';

/*
 * What a binary asks of the system that loads it, read from the file by LLVM's llvm-readobj.
 */

const { execFileSync } = require('node:child_process');

const ASPECTS = [
  '--file-headers',
  '--needed-libs',
  // Of ELF
  '--dyn-syms',
  '--version-info',
  // Of Mach-O
  '--symbols',
  '--macho-version-min',
  // Of Windows
  '--coff-exports',
];

/**
 * @typedef {object} Import A function or a variable that the file wants from others
 * @property {string} name
 * @property {boolean} isWeak Whether it can do without
 * @property {boolean} isBound Whether the file says which library it means; else the loader takes it from any
 */

/**
 * @typedef {object} Seen
 * @property {string} arch The processor, as LLVM names it
 * @property {string[]} libraries What it is linked against, and on macOS what it is called itself
 * @property {string[]} exports What it shows to others
 * @property {Import[]} imports What it wants; not looked at for Windows, where a file always says from which library
 * @property {string[]} versions The versions of a library's interface that it wants, such as `GLIBC_2.17`
 * @property {string} [macos] The oldest macOS that it runs on
 */

/**
 * @param {string} file
 * @param {string} readobj The program
 * @returns {Seen}
 */
function inspect(file, readobj) {
  const options = { encoding: 'utf8', maxBuffer: 1 << 28 };
  return understand(execFileSync(readobj, [...ASPECTS, file], options));
}

/**
 * @param {string} text What llvm-readobj has printed
 * @returns {Seen}
 */
function understand(text) {
  const format = /^Format: (.*)$/m.exec(text)[1];
  const [, arch] = /^Arch: (.*)$/m.exec(text);
  const libraries = linesOf(listOf(text, 'NeededLibraries'));
  return { arch, libraries, versions: [], ...symbolsOf(format, text) };
}

function symbolsOf(format, text) {
  if (format.startsWith('elf')) return understandElf(text);
  if (format.startsWith('Mach-O')) return understandMachO(text);
  return understandWindows(text);
}

function understandElf(text) {
  const symbols = blocksOf(listOf(text, 'DynamicSymbols'), 'Symbol');
  const isDefined = ({ Section }) => Section !== 'Undefined';
  return {
    exports: symbols.filter(isDefined).map(({ Name }) => Name),
    imports: symbols
      .filter((symbol) => !isDefined(symbol) && symbol.Name !== '')
      .map(({ Name, Binding }) => ({
        name: Name.replace(/@.*/, ''),
        isWeak: Binding === 'Weak',
        isBound: Name.includes('@'),
      })),
    versions: blocksOf(listOf(text, 'VersionRequirements'), 'Entry').map(
      ({ Name }) => Name,
    ),
  };
}

function understandMachO(text) {
  const symbols = blocksOf(listOf(text, 'Symbols'), 'Symbol').filter(
    (symbol) => 'Extern' in symbol,
  );
  const isDefined = ({ Type }) => Type !== 'Undef';
  // What a C compiler puts before each name.
  const nameOf = ({ Name }) => Name.replace(/^_/, '');
  return {
    exports: symbols.filter(isDefined).map(nameOf),
    imports: symbols
      .filter((symbol) => !isDefined(symbol))
      .map((symbol) => ({
        name: nameOf(symbol),
        isWeak: false,
        isBound: isOrdinalOfLibrary(symbol.Flags >> 8),
      })),
    macos: blocksOf(text, 'MinVersion')[0]?.Version,
  };
}

/** Libraries are numbered from 1; zero and the last numbers have other meanings, such as "whichever has it". */
function isOrdinalOfLibrary(number) {
  return number > 0 && number < 0xfd;
}

function understandWindows(text) {
  const exported = blocksOf(text, 'Export').map(({ Name }) => Name);
  return { exports: exported, imports: [] };
}

/** What is between the brackets of a list at the left margin. */
function listOf(text, name) {
  return new RegExp(`^${name} \\[\n(.*?)^\\]`, 'ms').exec(text)?.[1] ?? '';
}

function linesOf(list) {
  return list
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

/**
 * The blocks of a name, such as `Symbol { ... }`: their lines `Key: Value (number)` by key, those of flags as numbers, and a
 * key alone as `true`.
 */
function blocksOf(text, name) {
  const blocks = text.matchAll(
    new RegExp(`^( *)${name} \\{\n(.*?)^\\1\\}`, 'gms'),
  );
  return Array.from(blocks, ([, , lines]) => {
    const entries = linesOf(lines).map((line) => {
      const flags = /^(\w+) \[ \((0x[0-9A-F]+)\)$/.exec(line);
      if (flags) return [flags[1], Number(flags[2])];
      const [key, value] = line.split(/: */, 2);
      return [key, value?.replace(/ ?\([^()]*\)$/, '') ?? true];
    });
    return Object.fromEntries(entries);
  });
}

module.exports = { inspect, understand };
