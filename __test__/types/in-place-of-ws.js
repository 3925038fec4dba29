'use strict';

/*
 * Compiles programs that were written for `ws` as a project has them: in a
 * folder of its own where `ws` is installed. Each must compile with `@types/ws`,
 * which shows that it is such a program, and then with hawser in its place.
 *
 * node __test__/types/in-place-of-ws.js [TSC]
 *
 * TSC is the file of another TypeScript compiler.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.join(__dirname, '..', '..');
const modules = path.join(root, 'node_modules');
const tsc = process.argv[2] ?? path.join(modules, 'typescript', 'bin', 'tsc');

/** What `ws` is, by the names of the packages that are installed. */
const installations = {
  '@types/ws': ['@types/ws'],
  hawser: ['ws'],
  'hawser beside @types/ws': ['@types/ws', 'ws'],
};

/** The ways to resolve modules, and the programs that are written for them. */
const resolutions = {
  node16: { module: 'node16', include: ['*.cts', '*.mts'] },
  bundler: {
    module: 'esnext',
    moduleResolution: 'bundler',
    include: ['*.mts'],
  },
};

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hawser-types-'));

try {
  for (const [name, packages] of Object.entries(installations)) {
    const project = path.join(folder, name.replace(/\W/g, '-'));

    install(project, packages);

    for (const [resolution, options] of Object.entries(resolutions)) {
      for (const programs of ['programs', 'augmentation']) {
        compile(
          path.join(project, programs),
          options,
          `${name}, ${resolution}`,
        );
      }
    }
  }
} finally {
  fs.rmSync(folder, { recursive: true });
}

/**
 * @param {string} project the folder to make
 * @param {string[]} packages what to put into its node_modules
 */
function install(project, packages) {
  const installed = path.join(project, 'node_modules');

  for (const programs of ['programs', 'augmentation']) {
    fs.cpSync(path.join(__dirname, programs), path.join(project, programs), {
      recursive: true,
    });
  }

  for (const [file, text] of Object.entries(everyName())) {
    fs.writeFileSync(path.join(project, 'programs', file), text);
  }

  link('@types/node');

  for (const name of packages) {
    if (name === 'ws') copyHawser(path.join(installed, name));
    else link(name);
  }

  /** @param {string} name a package of this repository */
  function link(name) {
    const target = path.join(installed, name);

    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.symlinkSync(path.join(modules, name), target, 'junction');
  }
}

/**
 * Copies what a compiler sees of this package.
 *
 * @param {string} target the folder of the package
 */
function copyHawser(target) {
  for (const name of ['package.json', 'index.d.ts', 'index.d.mts', 'types']) {
    fs.cpSync(path.join(root, name), path.join(target, name), {
      recursive: true,
    });
  }
}

/**
 * @returns {Record<string, string>} programs which use every name that
 *     `@types/ws` exports, in each of the places where it is
 */
function everyName() {
  const commonJs = declarations('index.d.ts');
  const module = declarations('index.d.mts');

  return {
    'every-name.cts': [
      "import WebSocket = require('ws');",
      "import * as Names from 'ws';",
      ...uses('Names', commonJs.inNamespace),
      ...uses('WebSocket', commonJs.inNamespace),
    ].join('\n'),
    'every-name.mts': [
      "import WebSocket from 'ws';",
      "import * as Names from 'ws';",
      ...uses('Names', module.exported),
      ...uses('WebSocket', module.inNamespace),
    ].join('\n'),
  };
}

/**
 * @param {string} file a file of `@types/ws`
 * @returns {Record<'exported' | 'inNamespace', [string, string][]>} what it
 *     declares: the kind and the name
 */
function declarations(file) {
  const text = fs.readFileSync(path.join(modules, '@types/ws', file), 'utf8');
  const find = (pattern) =>
    [...text.matchAll(pattern)].map(([, kind, name]) => [kind, name]);

  return {
    exported: find(
      /^export (import|interface|type|class|const|function) (\w+)/gm,
    ),
    inNamespace: find(/^ {4}(interface|type|class|const|function) (\w+)/gm),
  };
}

/**
 * @param {string} namespace where the names are
 * @param {[string, string][]} names kinds and names
 * @returns {string[]} a line for each that uses it
 */
function uses(namespace, names) {
  if (names.length === 0) throw new Error('@types/ws has another shape now');

  return names.map(([kind, name]) =>
    /class|const|function/.test(kind)
      ? `export const ${namespace}_${name}: unknown = ${namespace}.${name};`
      : `export type ${namespace}_type_${name} = ${namespace}.${name};`,
  );
}

/**
 * @param {string} programs the folder with the programs
 * @param {object} options how modules are resolved, and which programs to take
 * @param {string} title what to call it
 */
function compile(programs, { include, ...options }, title) {
  fs.writeFileSync(
    path.join(programs, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        ...options,
        target: 'es2022',
        types: ['node'],
        strict: true,
        exactOptionalPropertyTypes: true,
        noImplicitOverride: true,
        skipLibCheck: false,
        noEmit: true,
      },
      include,
    }),
  );

  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [tsc, '-p', programs],
    { cwd: programs, encoding: 'utf8' },
  );

  if (status === 0) return;

  console.error(`${path.basename(programs)} with ${title}:`);
  console.error(stdout + stderr);
  process.exitCode = 1;
}
