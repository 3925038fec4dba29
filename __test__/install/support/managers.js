'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { runNode } = require('./programs');
const { registry, tools, top } = require('./situation');

/**
 * @typedef {object} Manager
 * @property {string} name
 * @property {boolean} [isPnp] Whether there is no node_modules
 * @property {'always' | 'from the lock file'} [disregardsLibc] When it takes the packages of all C libraries: yarn 1 does
 *     not know of them, and the lock file of npm 10 does not
 * @property {string} program
 * @property {object} args What to call it with:
 * @property {string[]} args.install to install
 * @property {string[]} args.again to install once more, from the lock file
 * @property {string[]} args.production the same, without development packages and without running scripts
 * @property {string[]} [args.withoutOptional] to install without optional dependencies, where that can be had
 * @property {object} [env]
 * @property {(project: string, manifest: object, spec: string) => void} override What replaces `ws` for everybody
 * @property {(project: string) => void} [prepare] What a project needs besides package.json
 */

const QUIETLY = ['--no-audit', '--no-fund'];

/** @type {Record<string, Manager>} */
const MANAGERS = {
  npm10: { ...npm('npm-10'), disregardsLibc: 'from the lock file' },
  npm11: npm('npm-11'),
  pnpm10: pnpm('pnpm-10'),
  pnpm12: pnpm('pnpm-12'),
  yarn1: {
    name: 'yarn-1',
    disregardsLibc: 'always',
    program: 'yarn-1/bin/yarn.js',
    args: {
      install: ['install', '--non-interactive'],
      again: ['install', '--non-interactive', '--frozen-lockfile'],
      production: [
        'install',
        '--non-interactive',
        '--frozen-lockfile',
        '--production',
        '--ignore-scripts',
      ],
      withoutOptional: ['install', '--non-interactive', '--ignore-optional'],
    },
    env: { YARN_CACHE_FOLDER: path.join(top, 'yarn-1') },
    override: resolutions,
  },
  yarn4: yarn4('yarn-4', 'node-modules'),
  yarn4WithPnp: yarn4('yarn-4 with PnP', 'pnp'),
};

module.exports = { MANAGERS, install, runIn };

/**
 * @param {Manager} manager
 * @param {string} project
 * @param {string[]} args
 * @returns {Promise<string>} What it said
 */
async function install(manager, project, args) {
  const { code, stdout, stderr } = await run(manager, project, args);
  if (code === 0) return `${stdout}${stderr}`;
  throw new Error(
    `${manager.name} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`,
  );
}

/**
 * Runs a program of a project, as its package manager has it run.
 *
 * @param {Manager} manager
 * @param {string} project
 * @param {string[]} args of Node
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 */
function runIn(manager, project, args) {
  return manager.isPnp
    ? run(manager, project, ['node', ...args])
    : runNode(args, project);
}

function run({ program, env }, project, args) {
  return runNode([path.join(tools, program), ...args], project, env);
}

function npm(name) {
  return {
    name,
    program: `${name}/bin/npm-cli.js`,
    args: {
      install: ['install', ...QUIETLY],
      again: ['ci', ...QUIETLY],
      production: ['ci', '--omit=dev', '--ignore-scripts', ...QUIETLY],
      withoutOptional: ['install', '--omit=optional', ...QUIETLY],
    },
    env: { npm_config_update_notifier: 'false' },
    override(_project, manifest, spec) {
      manifest.overrides = { ws: spec };
    },
  };
}

function pnpm(name) {
  const isOld = name === 'pnpm-10';
  return {
    name,
    program: `${name}/bin/pnpm.${isOld ? 'cjs' : 'mjs'}`,
    args: {
      install: ['install', '--no-frozen-lockfile'],
      again: ['install', '--frozen-lockfile'],
      production: [
        'install',
        '--frozen-lockfile',
        '--prod',
        '--ignore-scripts',
      ],
      withoutOptional: ['install', '--no-frozen-lockfile', '--no-optional'],
    },
    prepare(project) {
      fs.writeFileSync(
        path.join(project, '.npmrc'),
        `registry=${registry}\nstore-dir=${path.join(top, 'store')}\n`,
      );
      // What was published a minute ago is what is to be installed.
      fs.writeFileSync(settings(project), 'minimumReleaseAge: 0\n');
    },
    override(project, _manifest, spec) {
      fs.appendFileSync(settings(project), `overrides:\n  ws: ${spec}\n`);
    },
  };
}

function settings(project) {
  return path.join(project, 'pnpm-workspace.yaml');
}

function yarn4(name, linker) {
  return {
    name,
    isPnp: linker === 'pnp',
    program: 'yarn-4/bin/yarn.js',
    args: {
      install: ['install', '--no-immutable'],
      again: ['install', '--immutable'],
      production: ['workspaces', 'focus', '--production'],
    },
    env: {
      YARN_NODE_LINKER: linker,
      // What `pnpEnableEsmLoader: true` is in .yarnrc.yml: without it programs that import find nothing.
      YARN_PNP_ENABLE_ESM_LOADER: 'true',
      YARN_NPM_REGISTRY_SERVER: registry,
      YARN_NPM_MINIMAL_AGE_GATE: '0',
      YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
      YARN_ENABLE_SCRIPTS: 'false',
      YARN_ENABLE_TELEMETRY: 'false',
      YARN_GLOBAL_FOLDER: path.join(top, 'yarn-4'),
    },
    // Without one it looks for a project further up.
    prepare: (project) => fs.writeFileSync(path.join(project, 'yarn.lock'), ''),
    override: resolutions,
  };
}

function resolutions(_project, manifest, spec) {
  manifest.resolutions = { ws: spec };
}
