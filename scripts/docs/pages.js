'use strict';

/*
 * The pages of the site: every Markdown file in docs/, a few of the top folder, and one for each example.
 */

const fs = require('node:fs');
const path = require('node:path');

const { inRoot } = require('../setup/root');
const { exampleFolders, exampleMarkdown } = require('./examples');
const { headingsOf } = require('./markdown');

/** The first page, which TypeDoc makes of a file that is no page of the list. */
const HOME = 'README.md';

/** The parts of the site with their pages, in order. What stands in docs/ and not here comes at the end of the first. */
const PARTS = {
  Guide: [
    'docs/guide.md',
    'docs/adopting.md',
    'docs/deploying.md',
    'docs/differences.md',
    'docs/options.md',
    'docs/errors.md',
    'docs/hardening.md',
    'docs/platforms.md',
  ],
  Evidence: [
    'docs/benchmarks.md',
    'docs/conformance.md',
    'docs/reliability.md',
  ],
  Project: ['SECURITY.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'RELEASING.md'],
};

/**
 * @typedef {object} Page
 * @property {string} source Where its text, or what it shows, is in the repository
 * @property {string} name The name of the page's file, without its extension
 * @property {string} title
 * @property {string} part The part of the site that it belongs to
 * @property {string} markdown
 */

/** @returns {Page[]} In the order of the site, without the home page */
function pages() {
  const named = new Set(Object.values(PARTS).flat());
  const others = fs
    .readdirSync(inRoot('docs'))
    .map((file) => `docs/${file}`)
    .filter((file) => file.endsWith('.md') && !named.has(file))
    .sort();
  return [
    ...pagesOf('Guide', [...PARTS.Guide, ...others]),
    ...exampleFolders().map(examplePage),
    ...pagesOf('Evidence', PARTS.Evidence),
    ...pagesOf('Project', PARTS.Project),
  ];
}

/** @returns {Page} */
function homePage() {
  return page(HOME, 'Home', readText(HOME));
}

function pagesOf(part, files) {
  return files
    .filter((file) => fs.existsSync(inRoot(file)))
    .map((file) => page(file, part, readText(file)));
}

function examplePage(folder) {
  return page(folder, 'Examples', exampleMarkdown(folder));
}

function page(source, part, markdown) {
  const name = path.basename(source, '.md').toLowerCase();
  const [{ text: title }] = headingsOf(markdown);
  return { source, name, title, part, markdown };
}

function readText(file) {
  return fs.readFileSync(inRoot(file), 'utf8');
}

module.exports = { homePage, pages };
