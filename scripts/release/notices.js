'use strict';

/*
 * The licences of the crates that become part of the binary, as they ask to be handed on with it. A crate that offers a
 * choice is used under MIT.
 */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { ROOT } = require('../setup/root');

const TITLE = `# Third-party notices

The binary in this package contains code of the Rust standard library (MIT or Apache-2.0, The Rust Project Contributors)
and of the crates below.
`;

/**
 * @returns {string} Markdown: each text once, below the crates that come with it
 */
function thirdPartyNotices() {
  const cratesOfText = new Map();
  for (const crate of cratesInTheBinary()) {
    for (const text of licenceTexts(crate)) {
      cratesOfText.set(text, [...(cratesOfText.get(text) ?? []), crate]);
    }
  }
  const sections = [...cratesOfText].map(
    ([text, crates]) =>
      `## ${crates.map(({ name, version }) => `${name} ${version}`).join(', ')}\n\n${text}\n`,
  );
  return [TITLE, ...sections].join('\n');
}

/** Those that the crate needs when it runs, on any platform; what only takes part in compiling is left out. */
function cratesInTheBinary() {
  const metadata = JSON.parse(
    execFileSync('cargo', ['metadata', '--locked', '--format-version', '1'], {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  const packages = new Map(metadata.packages.map((crate) => [crate.id, crate]));
  const nodes = new Map(metadata.resolve.nodes.map((node) => [node.id, node]));
  const reached = new Set();
  const visit = (id) => {
    if (reached.has(id) || isMacro(packages.get(id))) return;
    reached.add(id);
    for (const dependency of nodes.get(id).deps) {
      if (dependency.dep_kinds.some(({ kind }) => kind === null))
        visit(dependency.pkg);
    }
  };
  visit(metadata.resolve.root);
  reached.delete(metadata.resolve.root);
  return [...reached]
    .map((id) => packages.get(id))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isMacro({ targets }) {
  return targets.some(({ kind }) => kind.includes('proc-macro'));
}

function licenceTexts({ manifest_path: manifest, license, authors }) {
  const folder = path.dirname(manifest);
  const names = fs
    .readdirSync(folder)
    .filter((name) => /^licen[cs]e|^notice/i.test(name));
  const mit = names.filter((name) => /mit/i.test(name));
  const chosen =
    mit.length > 0 ? mit : names.filter((name) => !/apache/i.test(name));
  if (chosen.length === 0) return [`${license}. ${authors.join(', ')}`.trim()];
  return chosen.map((name) =>
    fs
      .readFileSync(path.join(folder, name), 'utf8')
      .replaceAll('\r\n', '\n')
      .trim(),
  );
}

module.exports = { thirdPartyNotices };

if (require.main === module) console.log(thirdPartyNotices());
