/** TypeDoc's own theme with the navigation of a handbook: all pages in sight, below the part that they belong to. */

import { DefaultTheme, ReflectionKind } from 'typedoc';

import { OUTLINE, PARTS } from './outline.mjs';

export class Theme extends DefaultTheme {
  buildNavigation(project) {
    return PARTS.flatMap((part) => {
      const pages =
        part === 'API' ? this.#api(project) : this.#documents(project, part);
      // An entry with neither a page nor entries below it is shown as a heading.
      return pages.length === 0 ? [] : [{ text: part }, ...pages];
    });
  }

  #documents(project, part) {
    const category = project.categories.find(({ title }) => title === part);
    return (category?.children ?? []).map((page) => this.#entry(page));
  }

  /** The first part of the outline lies open; the others are folders. */
  #api(project) {
    const [module] = project.getChildrenByKind(ReflectionKind.Module);
    const [first, ...others] = Object.keys(OUTLINE).map((title) => ({
      text: title,
      children: this.#members(module, OUTLINE[title]),
    }));
    return [
      { ...this.#entry(module), text: 'Overview' },
      ...first.children,
      ...others,
    ];
  }

  #members(module, names) {
    return names.map((name) => {
      const [member, ...namesakes] = module.children
        .filter((child) => child.name === name)
        .sort((a, b) => isNamespace(a) - isNamespace(b));
      // The types that belong to a class are in a namespace of the same name.
      const below = [member, ...namesakes].filter(isNamespace);
      const children = below.flatMap(({ children: types }) =>
        types.map((type) => this.#entry(type)),
      );
      return {
        ...this.#entry(member),
        children: children.length > 0 ? children : undefined,
      };
    });
  }

  #entry(reflection) {
    return {
      text: reflection.name,
      path: this.router.getFullUrl(reflection),
      kind: reflection.isDocument() ? undefined : reflection.kind,
    };
  }
}

function isNamespace({ kind }) {
  return kind === ReflectionKind.Namespace;
}
