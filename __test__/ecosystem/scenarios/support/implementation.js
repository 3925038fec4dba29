'use strict';

/**
 * Which implementation of `ws` a package was given. An override that does not reach a package would make its scenario
 * pass without having tested anything.
 *
 * @module implementation
 */

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { test } = require('node:test');

/** The name of the package that has to stand behind `ws`: `ws` or `hawser`. */
const expected = process.env.EXPECT_WS;
assert.match(String(expected), /^(ws|hawser)$/, 'EXPECT_WS is not set');

module.exports = { expected, implementationFor, usesExpectedImplementation };

/**
 * Adds a test: what `require('ws')` gives inside a package is the implementation that is expected.
 *
 * @param {...string} chain The package; or a package, one that it depends on, one that this depends on and so forth,
 *     where only the last of them uses `ws`
 */
function usesExpectedImplementation(...chain) {
  const name = chain.at(-1);
  test(`${name} is given ${expected}`, () => {
    assert.equal(implementationFor(...chain), expected);
  });
}

/**
 * @param {...string} chain As above; none for the scenario itself
 * @returns {string} The name, in its package.json, of the package that `require('ws')` finds there
 */
function implementationFor(...chain) {
  let from = __filename;
  for (const name of chain) from = entryOf(name, from);

  return manifestOf(entryOf('ws', from)).name;
}

function entryOf(name, from) {
  const required = createRequire(from);
  try {
    return required.resolve(name);
  } catch (error) {
    // A package for `import` alone still has its package.json where `require` looks.
    const folder = required.resolve
      .paths(name)
      .map((parent) => path.join(parent, name))
      .find((candidate) => fs.existsSync(path.join(candidate, 'package.json')));
    if (folder === undefined) throw error;
    return path.join(folder, 'package.json');
  }
}

function manifestOf(file) {
  const folder = path.dirname(file);
  const manifest = path.join(folder, 'package.json');
  if (fs.existsSync(manifest)) {
    const content = JSON.parse(fs.readFileSync(manifest, 'utf8'));
    // Folders of a package may hold a package.json that says nothing but its type.
    if (content.name !== undefined) return content;
  }
  return manifestOf(folder);
}
