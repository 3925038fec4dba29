'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { isControl } = require('./subject');

const ROOT = path.join(__dirname, '..', '..');
const SUBJECT = isControl ? path.join(ROOT, 'node_modules', 'ws') : ROOT;

/** A build that is tested in place of the usual one. Every copy would load it, and each is to load its own. */
const otherBuild = process.env.NAPI_RS_NATIVE_LIBRARY_PATH;
delete process.env.NAPI_RS_NATIVE_LIBRARY_PATH;

/** What of the package has to be there to run it. */
const FILES = [
  'index.js',
  'js-binding.js',
  'lib',
  'package.json',
  'wrapper.mjs',
];

/** How a copy comes to its binary. */
const BINARIES = {
  /** From the one package of the platform, as two names of one version have it. */
  shared: () => {},
  /** From a file of its own, as two versions have it. */
  own: (binary, target) => fs.copyFileSync(binary, target),
  /** From the same file under another name, as stores of packages make them. */
  linked: (binary, target) => fs.linkSync(binary, target),
  'linked by name': (binary, target) => fs.symlinkSync(binary, target),
};

module.exports = { BINARIES, binaryInstalledFor, installCopies };

/**
 * Installs copies of the implementation under test into a folder that goes with the test.
 *
 * @param {TestContext} t
 * @param {string[]} names
 * @param {keyof typeof BINARIES} binaries how each of them comes to its binary
 * @returns {string[]} their folders
 */
function installCopies(t, names, binaries) {
  // Beside what is built: a link works only within one file system.
  fs.mkdirSync(path.join(ROOT, 'target'), { recursive: true });
  const folder = fs.mkdtempSync(path.join(ROOT, 'target', 'copies-'));
  t.after(() => remove(folder));
  const modules = path.join(folder, 'node_modules');

  const copies = names.map((name) => {
    const copy = path.join(modules, name);
    for (const file of FILES) {
      const source = path.join(SUBJECT, file);
      if (!fs.existsSync(source)) continue; // ws has no binary.
      fs.cpSync(source, path.join(copy, file), { recursive: true });
    }
    return copy;
  });
  if (isControl) return copies;

  const installed = binaryInstalledFor(copies[0]);
  const main = path.basename(installed);
  const manifest = path.join(path.dirname(installed), 'package.json');
  fs.mkdirSync(path.dirname(installed));
  fs.copyFileSync(otherBuild ?? path.join(ROOT, main), installed);
  fs.writeFileSync(manifest, JSON.stringify({ version: '0.0.0', main }));
  for (const copy of copies) {
    BINARIES[binaries](installed, path.join(copy, main));
  }
  return copies;
}

/**
 * @param {string} copy
 * @returns {string} the binary in the package of the platform
 */
function binaryInstalledFor(copy) {
  const binary = nameOfBinary();
  return path.join(copy, '..', packageOf(binary), binary);
}

/**
 * @returns {string} `hawser.linux-x64-gnu.node`, say: what `npm run build` has made
 */
function nameOfBinary() {
  const platform = `hawser.${process.platform}-${process.arch}`;
  return fs.readdirSync(ROOT).find((file) => file.startsWith(platform));
}

/**
 * @param {string} binary `hawser.linux-x64-gnu.node`, say
 * @returns {string} `hawser-linux-x64-gnu`
 */
function packageOf(binary) {
  const [name, platform] = path.basename(binary).split('.');
  return `${name}-${platform}`;
}

function remove(folder) {
  // Windows keeps a binary that is loaded; nobody here loads one in this process.
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
