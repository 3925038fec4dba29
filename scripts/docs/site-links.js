'use strict';

/*
 * The links of a built site, each of them: what a page names must be there, with the anchor in it.
 */

const fs = require('node:fs');
const path = require('node:path');

/** An element's `id`, or a `name` that is an anchor; not `data-id` and the like. */
const ANCHOR = /\s(?:id|name)="([^"]+)"/g;
const LINK = /\s(?:href|src)="([^"]*)"/g;
const SCHEME = /^[a-z][a-z\d+.-]*:/i;

/**
 * @param {string} site The folder of the site
 * @returns {string[]} Dead links, each as a sentence
 */
function deadLinksOf(site) {
  const pages = new Map(
    filesUnder(site)
      .filter((file) => /\.(?:html|svg)$/.test(file))
      .map((file) => [file, read(file)]),
  );
  return [...pages].flatMap(([file, { links }]) =>
    links
      .filter((link) => !leadsSomewhere(file, link))
      .map((link) => `${path.relative(site, file)}: ${link} leads nowhere`),
  );

  function leadsSomewhere(from, link) {
    if (SCHEME.test(link)) return !link.includes('.invalid');
    const [place, anchor] = link.split('#');
    const file = place
      ? path.resolve(path.dirname(from), decodeURI(place.split('?')[0]))
      : from;
    const page = pages.get(file);
    if (!page) return !anchor && fs.existsSync(file);
    return !anchor || page.anchors.has(decodeURIComponent(anchor));
  }
}

function read(file) {
  const html = fs
    .readFileSync(file, 'utf8')
    .replace(/<script>[^]*?<\/script>/g, '');
  return {
    anchors: new Set(
      [...html.matchAll(ANCHOR)].map(([, name]) => unescaped(name)),
    ),
    links: [
      ...new Set([...html.matchAll(LINK)].map(([, link]) => unescaped(link))),
    ],
  };
}

function unescaped(text) {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function filesUnder(folder) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

module.exports = { deadLinksOf };
