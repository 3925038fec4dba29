'use strict';

/*
 * What the documents say of hawser that is true until its first release, and would stay in that for ever: a published
 * README is not changed.
 */

const fs = require('node:fs');

const { inRoot } = require('../setup/root');
const { readText } = require('./project');

/** A line may end between two words. */
const UNPUBLISHED =
  /\bnot\s+published\s+yet|\bhas\s+(?:not\s+run|to\s+run)\s+yet|\bnothing\s+is\s+on\s+the\s+registry|\bpackage\s+is\s+prepared|\bprepared\s+for\s+publication/gi;

/**
 * @returns {string[]} Each such statement, as a sentence
 */
function unpublishedFaults() {
  return texts().flatMap((file) => {
    const text = readText(file);
    return [...text.matchAll(UNPUBLISHED)].map(({ 0: words, index }) => {
      const line = text.slice(0, index).split('\n').length;
      return `${file}:${line} says "${words.replace(/\s+/g, ' ')}"`;
    });
  });
}

/** @returns {string[]} What a user reads */
function texts() {
  const documents = fs
    .readdirSync(inRoot('docs'))
    .filter((file) => file.endsWith('.md'))
    .sort();
  const examples = fs.readdirSync(inRoot('examples')).sort();
  return [
    'README.md',
    'CHANGELOG.md',
    ...documents.map((file) => `docs/${file}`),
    ...examples
      .map((folder) => `examples/${folder}/README.md`)
      .filter((file) => fs.existsSync(inRoot(file))),
  ];
}

module.exports = { UNPUBLISHED, texts, unpublishedFaults };
