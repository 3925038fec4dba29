'use strict';

const fs = require('node:fs');
const { gunzipSync } = require('node:zlib');

const BLOCK = 512;
const REGULAR_FILE = ['0', '\0'];

module.exports = { filesOfTarball };

/**
 * Reads a tarball of npm: regular files with short names, all of them under `package/`.
 *
 * @param {string} tarball
 * @returns {Map<string, Buffer>} The files by their names
 */
function filesOfTarball(tarball) {
  const bytes = gunzipSync(fs.readFileSync(tarball));
  const files = new Map();
  for (let at = 0; bytes[at] !== 0;) {
    const header = bytes.subarray(at, at + BLOCK);
    const size = Number.parseInt(field(header, 124, 12), 8);
    const type = field(header, 156, 1) || '\0';
    const name = field(header, 0, 100);
    if (!REGULAR_FILE.includes(type) || !name.startsWith('package/')) {
      throw new Error(`${tarball} has ${name}, of type ${type}`);
    }
    const start = at + BLOCK;
    files.set(
      name.slice('package/'.length),
      bytes.subarray(start, start + size),
    );
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function field(header, start, length) {
  const [value] = header.toString('utf8', start, start + length).split('\0');
  return value.trim();
}
