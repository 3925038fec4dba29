'use strict';

/*
 * The binaries of uWebSockets.js ask for glibc 2.38, for three functions alone: the C23 editions of strtol, strtoul and
 * sscanf, which differ from the older ones in that they also read "0b101". On a system with an older glibc this makes
 * a copy that asks for the older ones. Nothing else of the program changes.
 *
 * An entry of the symbol table names a function and, in another table, the version of glibc that it is asked of. The
 * prefix of the name is skipped, and the version is set to the oldest one that the file asks for anyway.
 */

const fs = require('node:fs');

const NEW_VERSION = 'GLIBC_2.38';
const OLD_VERSION = 'GLIBC_2.2.5';
const PREFIX = '__isoc23_';
const SYMBOL_SIZE = 24;

module.exports = { forOlderGlibc };

/**
 * @param {string} source a shared object for 64-bit Linux
 * @param {string} target where the changed copy goes
 */
function forOlderGlibc(source, target) {
  const file = fs.readFileSync(source);
  const sections = readSections(file);
  const strings = sections.get('.dynstr');
  const nameAt = (offset) => readString(file, strings.offset + offset);

  renameSymbols(file, sections.get('.dynsym'), nameAt);
  renameVersion(file, sections.get('.gnu.version_r'), nameAt);
  fs.writeFileSync(target, file);
}

function renameSymbols(file, { offset, size }, nameAt) {
  for (let at = offset; at < offset + size; at += SYMBOL_SIZE) {
    const name = file.readUInt32LE(at);

    if (nameAt(name).startsWith(PREFIX)) {
      file.writeUInt32LE(name + PREFIX.length, at);
    }
  }
}

/** Lets what is asked of the new version be asked of the old one. */
function renameVersion(file, { offset }, nameAt) {
  for (const entries of readNeeds(file, offset)) {
    const old = entries.find(
      (at) => nameAt(file.readUInt32LE(at + 8)) === OLD_VERSION,
    );
    const recent = entries.find(
      (at) => nameAt(file.readUInt32LE(at + 8)) === NEW_VERSION,
    );

    if (old === undefined || recent === undefined) continue;
    file.copy(file, recent, old, old + 4); // Its hash.
    file.copy(file, recent + 8, old + 8, old + 12); // Its name.
  }
}

/** Where the versions that are asked of each library stand: one list per library. */
function readNeeds(file, offset) {
  const libraries = [];

  for (let need = offset, next = -1; next !== 0; need += next) {
    const entries = [];
    let entry = need + file.readUInt32LE(need + 8);

    for (let count = file.readUInt16LE(need + 2); count > 0; count--) {
      entries.push(entry);
      entry += file.readUInt32LE(entry + 12);
    }

    libraries.push(entries);
    next = file.readUInt32LE(need + 12);
  }

  return libraries;
}

function readSections(file) {
  const table = Number(file.readBigUInt64LE(0x28));
  const size = file.readUInt16LE(0x3a);
  const headers = Array.from({ length: file.readUInt16LE(0x3c) }, (_, i) => {
    const at = table + i * size;

    return {
      name: file.readUInt32LE(at),
      offset: Number(file.readBigUInt64LE(at + 0x18)),
      size: Number(file.readBigUInt64LE(at + 0x20)),
    };
  });
  const names = headers[file.readUInt16LE(0x3e)].offset;

  return new Map(
    headers.map((header) => [readString(file, names + header.name), header]),
  );
}

function readString(file, at) {
  return file.toString('latin1', at, file.indexOf(0, at));
}
