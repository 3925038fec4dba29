'use strict';

/*
 * Each folder of examples/ becomes a page: its README.md, if it has one, and below it all its files as they are.
 */

const fs = require('node:fs');
const path = require('node:path');

const { inRoot } = require('../setup/root');

/** The files that are shown, and how their code is coloured. */
const LANGUAGES = {
  '.cjs': 'js',
  '.Dockerfile': 'docker',
  '.css': 'css',
  '.html': 'html',
  '.js': 'js',
  '.json': 'json',
  '.mjs': 'js',
  '.sh': 'sh',
  '.ts': 'ts',
  '.yaml': 'yaml',
  '.yml': 'yaml',
};
/** Files without an extension that says it. */
const LANGUAGES_OF_NAMES = { Dockerfile: 'docker' };

/** @returns {string[]} `examples/chat` and the like */
function exampleFolders() {
  return fs
    .readdirSync(inRoot('examples'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `examples/${name}`)
    .sort();
}

/**
 * @param {string} folder
 * @returns {string} A page of Markdown
 */
function exampleMarkdown(folder) {
  const readme = inRoot(folder, 'README.md');
  const introduction = fs.existsSync(readme)
    ? fs.readFileSync(readme, 'utf8')
    : `# ${titleOf(folder)}\n`;
  const sections = filesUnder(folder).map(
    (file) => `## ${path.posix.relative(folder, file)}\n\n${fenced(file)}\n`,
  );
  return [introduction, ...sections].join('\n');
}

function titleOf(folder) {
  const name = path.basename(folder).replaceAll('-', ' ');
  return name[0].toUpperCase() + name.slice(1);
}

/** Those of the folder itself first: that is where one begins to read. */
function filesUnder(folder) {
  const entries = fs.readdirSync(inRoot(folder), { withFileTypes: true });
  const sorted = entries
    .filter(({ name }) => name !== 'node_modules')
    .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  return sorted.flatMap((entry) => {
    const file = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesUnder(file);
    return languageOf(file) === undefined ? [] : [file];
  });
}

function rank(entry) {
  if (entry.isDirectory()) return 2;
  return /^(?:server|index|main)\./.test(entry.name) ? 0 : 1;
}

function languageOf(file) {
  return (
    LANGUAGES[path.extname(file)] ?? LANGUAGES_OF_NAMES[path.basename(file)]
  );
}

function fenced(file) {
  const text = fs.readFileSync(inRoot(file), 'utf8').trimEnd();
  const longest = Math.max(
    2,
    ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length),
  );
  const fence = '`'.repeat(longest + 1);
  return `${fence}${languageOf(file)}\n${text}\n${fence}`;
}

module.exports = { exampleFolders, exampleMarkdown };
