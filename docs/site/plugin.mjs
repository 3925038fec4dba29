/** What the site has beyond TypeDoc: addresses of pages that are those of their files, an outline, nothing twice. */

import path from 'node:path';

import {
  Comment,
  CommentTag,
  Converter,
  PageEvent,
  ReflectionKind,
  StructureRouter,
} from 'typedoc';

import { OUTLINE } from './outline.mjs';
import { Theme } from './theme.mjs';

/** These take the same events as `on()`, with the same arguments. */
const LIKE_ON = new Set(['addListener', 'off', 'once', 'removeListener']);

/** What scripts/docs/staging.js begins links with that lead to pages which are made of no document. */
const SITE_ADDRESS = 'https://site.invalid/';

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.renderer.defineTheme('hawser', Theme);
  app.renderer.defineRouter('hawser', Router);
  app.converter.on(Converter.EVENT_CREATE_SIGNATURE, forgetForeignComment);
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, leaveOutRepetitions);
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, followOutline);
  app.renderer.on(PageEvent.END, linkWithinSite);
}

class Router extends StructureRouter {
  /** `docs/hardening.md` becomes `hardening.html`. */
  getIdealBaseName(reflection) {
    if (!reflection.isDocument()) return super.getIdealBaseName(reflection);
    const file = reflection.project.files.getReflectionPath(reflection);
    return path.basename(file, '.md');
  }
}

/** A type of Node's that is written out (`typeof net.createConnection`) brings along text that links within Node's. */
function forgetForeignComment(_context, signature, declaration) {
  const file = declaration?.getSourceFile().fileName ?? '';
  if (file.includes('/node_modules/')) delete signature.comment;
}

/** And the namespace of the class WebSocket, which has all types once more. */
function leaveOutRepetitions({ project }) {
  const kinds = ReflectionKind.Method | ReflectionKind.Namespace;
  for (const reflection of project.getReflectionsByKind(kinds)) {
    const isRepeated =
      LIKE_ON.has(reflection.name) ||
      (reflection.name === 'WebSocket' &&
        reflection.kind === ReflectionKind.Namespace);
    if (isRepeated) project.removeReflection(reflection);
  }
}

function followOutline({ project }) {
  const [module] = project.getChildrenByKind(ReflectionKind.Module);
  const place = new Map();
  for (const [title, names] of Object.entries(OUTLINE)) {
    for (const name of names) place.set(name, { title, rank: place.size });
  }
  for (const child of module.children) {
    const { title } = place.get(child.name) ?? {};
    if (title === undefined) continue;
    child.comment ??= new Comment();
    const text = { kind: 'text', text: title };
    child.comment.blockTags.push(new CommentTag('@category', [text]));
  }
  const rank = ({ name }) => place.get(name)?.rank ?? place.size;
  module.children.sort((a, b) => rank(a) - rank(b));
}

function linkWithinSite(page) {
  const depth = page.url.split('/').length - 1;
  page.contents = page.contents.replaceAll(SITE_ADDRESS, '../'.repeat(depth));
}
