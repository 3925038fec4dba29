'use strict';

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');

module.exports = { filesOfMainPackage };

/**
 * @returns {string[]} What users get with the main package, in the order of the alphabet
 */
function filesOfMainPackage() {
  return [
    'LICENSE',
    'README.md',
    'browser.js',
    'index.d.mts',
    'index.d.ts',
    'index.js',
    'js-binding.d.ts',
    'js-binding.js',
    'package.json',
    'wrapper.mjs',
    ...filesIn('lib', '.js'),
    ...filesIn('types', '.d.ts'),
  ].sort();
}

function filesIn(folder, extension) {
  return fs
    .readdirSync(path.join(ROOT, folder))
    .filter((file) => file.endsWith(extension))
    .map((file) => `${folder}/${file}`);
}
