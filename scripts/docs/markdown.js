'use strict';

/*
 * What the documentation needs to know of Markdown: where a text links to, and which anchors it has. Code is left out of
 * account, as it is by whoever shows the text.
 */

/** A block of code: its fence, and the language behind that. */
const FENCED = /^( *(?:```+|~~~+))([^\n]*)\n[^]*?^\1[^\n]*$/gm;

/** A block of code between fences, or a span of code; a link, perhaps to an image; an attribute of HTML. */
const TOKENS =
  /^(?<fence> *(?:```+|~~~+))[^\n]*\n[^]*?^\k<fence>[^\n]*$|(?<ticks>`+)[^]*?[^`]\k<ticks>(?!`)|(?<image>!?)\[(?<text>(?:[^[\]]|\[[^[\]]*\]|`[^`]*`)*)\]\((?<target>[^()\s]+)\)|(?<attribute>\b(?:href|src))="(?<value>[^"]*)"/gm;

/**
 * @param {string} markdown
 * @param {function(string, {isImage: boolean}): string | null} destination Says for each target where the link is to
 *     lead; with null its text stays, and is no link
 * @returns {string} The text with those links
 */
function withLinks(markdown, destination) {
  return markdown.replace(TOKENS, (whole, ...rest) => {
    const { image, text, target, attribute, value } = rest.at(-1);
    if (attribute !== undefined) {
      const isImage = attribute === 'src';
      return `${attribute}="${destination(value, { isImage }) ?? '#'}"`;
    }
    if (target === undefined) return whole;
    // What stands between the brackets may be an image, which has a target of its own.
    const inner = withLinks(text, destination);
    const place = destination(target, { isImage: image === '!' });
    return place === null ? inner : `${image}[${inner}](${place})`;
  });
}

/**
 * @param {string} markdown
 * @returns {string[]} What its links and images lead to
 */
function targetsOf(markdown) {
  const targets = [];
  withLinks(markdown, (target) => {
    targets.push(target);
    return target;
  });
  return targets;
}

/**
 * @param {string} markdown
 * @returns {{level: number, text: string, anchor: string}[]} Its headings, with the anchors that GitHub gives them
 */
function headingsOf(markdown) {
  const seen = new Map();
  return [...withoutFences(markdown).matchAll(/^(#{1,6}) +(.+?) *#*$/gm)].map(
    ([, { length: level }, text]) => {
      const slug = anchorOf(text);
      const times = seen.get(slug) ?? 0;
      seen.set(slug, times + 1);
      return { level, text, anchor: times === 0 ? slug : `${slug}-${times}` };
    },
  );
}

/**
 * @param {string} markdown
 * @returns {string} The same, where a block of code that names no language is plain text; a guess would colour it
 */
function withLanguages(markdown) {
  return markdown.replace(FENCED, (block, fence, language) =>
    language === '' ? block.replace(fence, `${fence}text`) : block,
  );
}

function withoutFences(markdown) {
  return markdown.replace(FENCED, '');
}

function anchorOf(heading) {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}

module.exports = { headingsOf, targetsOf, withLanguages, withLinks };
