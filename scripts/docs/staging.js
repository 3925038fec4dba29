'use strict';

/*
 * The pages as TypeDoc reads them: with a heading of its own for each, and links that lead to other pages of the site. A
 * link to anything else in the repository leads to where that is hosted, if that is known, and is plain text if not.
 */

const fs = require('node:fs');
const path = require('node:path');

const { inRoot } = require('../setup/root');
const { withLanguages, withLinks } = require('./markdown');
const { homePage, pages } = require('./pages');

/** The plugin in docs/site puts the way to the site's folder in its place: for pages that TypeDoc makes of no document. */
const SITE_ADDRESS = 'https://site.invalid/';

/** Those pages, and what they show. */
const PAGES_OF_TYPEDOC = {
  'README.md': 'index.html',
  'index.d.ts': 'API.html',
};

/**
 * Writes all pages, and lists what is wrong with their links.
 *
 * @param {string} folder Where to; it is emptied
 * @param {string} [repository] An address like `https://example.org/someone/hawser/blob/main`, with which a path begins
 * @returns {{home: string, files: string[], faults: string[]}} The home page, the others in order, and dead links
 */
function stagePages(folder, repository) {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });

  const all = pages();
  const home = homePage();
  const faults = [];
  const write = (page, text) => {
    const file = path.join(folder, `${page.name}.md`);
    fs.writeFileSync(file, text);
    return file;
  };
  const staged = (page) =>
    withLinks(withLanguages(page.markdown), (target, { isImage }) => {
      const link = destination(page, target, isImage);
      if (link === undefined) {
        faults.push(`${page.source}: ${target} is not there`);
        return target;
      }
      return link;
    });

  /** Undefined if there is no such thing, null if it can be read but not linked to. */
  function destination({ source }, target, isImage) {
    if (/^(?:[a-z][a-z\d+.-]*:|#)/i.test(target)) return target;
    const [place, anchor] = target.split('#');
    const file = path.posix.normalize(
      path.posix.join(path.posix.dirname(source), decodeURI(place)),
    );
    if (file.startsWith('..') || !fs.existsSync(inRoot(file))) return undefined;
    const hash = anchor === undefined ? '' : `#${anchor}`;
    const made = PAGES_OF_TYPEDOC[file];
    if (made) return `${SITE_ADDRESS}${made}${hash}`;
    const page = all.find((other) => other.source === file.replace(/\/$/, ''));
    if (page) return `./${page.name}.md${hash}`;
    if (isImage) return path.relative(folder, inRoot(file));
    return repository ? `${repository}/${file}${hash}` : null;
  }

  return {
    home: write(home, staged(home)),
    files: all.map((page) => write(page, withFrontMatter(page, staged(page)))),
    faults,
  };
}

function withFrontMatter({ title, part }, markdown) {
  return `---\ntitle: ${JSON.stringify(title)}\ncategory: ${JSON.stringify(part)}\n---\n\n${markdown}`;
}

module.exports = { stagePages };
