'use strict';

/*
 * What stands between a foreign Node.js and this machine, made to look like an ordinary program: tests start others
 * with `process.execPath`, which then has to name the whole of it.
 */

const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { unpackFromDebian } = require('./debian');
const { preparePrefix } = require('./wine');

/**
 * @typedef {object} Program
 * @property {string} file To be started like Node.js itself
 * @property {object} env What its environment has to have
 */

/**
 * @typedef {object} Layer Something to start a Node.js with
 * @property {string} through What it is, in words
 * @property {string} [emulator] The program that says its version
 * @property {string[]} programs,
 * @property {string[]} packages As in {@link import('./places').Place}
 * @property {(folder: string) => Promise<{command: string[], env?: object}>} prepare
 */

/** Tells Node.js what its program is: what it finds out by itself is the emulator, or what that runs. */
const EXEC_PATH = path.join(__dirname, 'exec-path.js');

/** How many times as long as usual a test has patience under an emulator. */
const SLOW = { HAWSER_TEST_SLOWNESS: '8' };

/**
 * @param {(folder: string) => Promise<string>} getNode
 * @returns {Pick<import('./places').Place, 'through' | 'under' | 'programs' | 'packages' | 'prepare'>}
 */
function native(getNode) {
  return {
    through: '',
    under: () => 'nothing else',
    programs: [],
    packages: [],
    prepare: async (folder) => ({ file: await getNode(folder), env: {} }),
  };
}

/**
 * @param {...any} layersAndNode Layers, the outermost first, and what gets the Node.js that they start
 * @returns {ReturnType<typeof native>}
 */
function behind(...layersAndNode) {
  const getNode = layersAndNode.pop();
  /** @type {Layer[]} */
  const layers = layersAndNode;
  return {
    through: layers.map((layer) => layer.through).join(', '),
    under: () => layers.map(nameAndVersion).join(', '),
    programs: layers.flatMap((layer) => layer.programs),
    packages: layers.flatMap((layer) => layer.packages),
    async prepare(folder) {
      const node = await getNode(folder);
      const command = [];
      let env = {};
      for (const layer of layers) {
        const prepared = await layer.prepare(folder);
        command.push(...prepared.command);
        env = { ...env, ...prepared.env };
      }
      return asProgram(`${node}-here`, [...command, node], env);
    },
  };
}

function nameAndVersion({ through, emulator }) {
  return emulator ? `${through} ${versionOf(emulator)}` : through;
}

function asProgram(file, command, env) {
  const quoted = command.map((word) => `'${word}'`).join(' ');
  fs.writeFileSync(file, `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });
  return {
    file,
    env: {
      ...env,
      NODE_OPTIONS: `--require "${EXEC_PATH}"`,
      HAWSER_TEST_EXEC_PATH: file,
    },
  };
}

/**
 * @param {string} program Of QEMU's user mode emulation
 * @param {string} root Where that platform's C library is, in this system
 * @param {string[]} packages That have it
 * @returns {Layer}
 */
function qemu(program, root, packages) {
  return {
    through: 'QEMU',
    emulator: program,
    programs: [program, root],
    packages: ['qemu-user', ...packages],
    prepare: async () => ({ command: [program, '-L', root], env: SLOW }),
  };
}

/**
 * @param {string} program Of QEMU's user mode emulation
 * @param {string} architecture As Debian calls it
 * @param {string} name The package of Debian's with whose C library a program is to be run
 * @returns {Layer}
 */
function qemuInDebian(program, architecture, name) {
  return {
    ...qemu(program, '/', []),
    prepare: async (folder) => {
      const root = unpackFromDebian(folder, architecture, name);
      return { command: [program, '-L', root], env: SLOW };
    },
  };
}

/**
 * musl's loader, called by its name: a system has it at a place that is glibc's here.
 *
 * @param {string} architecture As Debian calls it
 * @param {string} machine As musl does
 * @returns {Layer}
 */
function muslLoader(architecture, machine) {
  return {
    through: 'musl',
    programs: [],
    packages: [],
    prepare: async (folder) => {
      const root = unpackFromDebian(folder, architecture, 'musl');
      const loader = path.join(
        'usr',
        'lib',
        `${machine}-linux-musl`,
        'libc.so',
      );
      return { command: [path.join(root, loader)] };
    },
  };
}

/**
 * @returns {Layer}
 */
function wine() {
  return {
    through: 'Wine',
    emulator: 'wine',
    programs: ['wine', 'x86_64-w64-mingw32-gcc'],
    packages: ['wine', 'wine64', 'gcc-mingw-w64-x86-64'],
    prepare: async (folder) => {
      const env = preparePrefix(path.join(folder, 'wine'));
      return { command: ['wine'], env: { ...SLOW, ...env } };
    },
  };
}

/**
 * @param {string[]} programs
 * @returns {string[]} Those that are not there
 */
function missing(programs) {
  return programs.filter((program) =>
    path.isAbsolute(program)
      ? !fs.existsSync(program)
      : spawnSync(program, ['--version'], { stdio: 'ignore' }).error,
  );
}

/** @returns {string} Such as "8.0" */
function versionOf(program) {
  const text = execFileSync(program, ['--version'], { encoding: 'utf8' });
  return /\d+(\.\d+)+/.exec(text)?.[0] ?? '';
}

module.exports = {
  behind,
  missing,
  muslLoader,
  native,
  qemu,
  qemuInDebian,
  wine,
};
