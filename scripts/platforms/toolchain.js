'use strict';

/*
 * What building for foreign platforms takes, unpacked into `target/cross` and installed nowhere: a Rust whose standard
 * library comes as source too, zig as the linker, and LLVM's tools that read and strip the results. Everything is pinned;
 * a version that is gone stops the build rather than giving a different one. Debian 12 on x64 is what it works on.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { inRoot } = require('../setup/root');

const RUST = '1.96.0+dfsg1-1~deb12u2';
const LLVM = '1:19.1.7-3~deb12u1';
const PYTHON_PACKAGES = ['ziglang==0.17.1', 'cargo-zigbuild==0.24.0'];

/** Debian's packages, with the version that has been tried. What has none belongs to one that has. */
const DEBIAN_PACKAGES = [
  `rustc-web=${RUST}`,
  `libstd-rust-web-1.96=${RUST}`,
  `libstd-rust-web-dev=${RUST}`,
  `rust-web-src=${RUST}`,
  'libllvm22',
  `llvm-19=${LLVM}`,
  `libllvm19=${LLVM}`,
];
const MINGW = 'gcc-mingw-w64-x86-64';

const FOLDER = inRoot('target', 'cross');
const DEBIAN = path.join(FOLDER, 'debian');
const PYTHON = path.join(FOLDER, 'python');
const PROGRAMS = path.join(FOLDER, 'bin');
const STAMP = path.join(FOLDER, 'complete.json');

/**
 * Makes sure that the tools are there.
 *
 * @returns {{env: NodeJS.ProcessEnv, readobj: string, strip: string}} The environment to run cargo in, and two programs
 */
function prepareToolchain() {
  const wanted = JSON.stringify([DEBIAN_PACKAGES, PYTHON_PACKAGES]);
  if (readStamp() !== wanted) {
    fs.rmSync(FOLDER, { recursive: true, force: true });
    fs.mkdirSync(PROGRAMS, { recursive: true });
    unpackDebianPackages();
    installPythonPackages();
    writePrograms();
    fs.writeFileSync(STAMP, wanted);
  }
  return {
    env: {
      ...process.env,
      PATH: [PROGRAMS, path.join(PYTHON, 'bin'), process.env.PATH].join(
        path.delimiter,
      ),
      RUSTC: path.join(PROGRAMS, 'rustc'),
      // The standard library is built together with the addon, which is not a stable feature of cargo.
      RUSTC_BOOTSTRAP: '1',
    },
    readobj: path.join(PROGRAMS, 'llvm-readobj'),
    strip: path.join(PROGRAMS, 'llvm-strip'),
  };
}

/** The linker of Windows binaries, which has to be installed: it is spread over the whole system. */
function requireMingw() {
  if (
    run('x86_64-w64-mingw32-gcc', ['--version'], { quiet: true, mayFail: true })
  )
    return;
  run(
    'apt-get',
    ['-qq', 'install', '--yes', '--no-install-recommends', MINGW],
    {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    },
  );
}

function readStamp() {
  try {
    return fs.readFileSync(STAMP, 'utf8');
  } catch {
    return undefined;
  }
}

function unpackDebianPackages() {
  const downloads = path.join(FOLDER, 'downloads');
  fs.mkdirSync(downloads, { recursive: true });
  // Before the download: an update may empty apt's own cache.
  run('apt-get', ['-qq', 'update']);
  run(
    'apt-get',
    ['-qq', '-o', 'APT::Sandbox::User=root', 'download', ...DEBIAN_PACKAGES],
    { cwd: downloads },
  );
  for (const name of fs.readdirSync(downloads)) {
    run('dpkg-deb', ['-x', path.join(downloads, name), DEBIAN]);
  }
  fs.rmSync(downloads, { recursive: true });
}

function installPythonPackages() {
  run('python3', ['-m', 'venv', PYTHON]);
  run(path.join(PYTHON, 'bin', 'pip'), [
    '--quiet',
    'install',
    '--only-binary=:all:',
    ...PYTHON_PACKAGES,
  ]);
}

/** Programs that find their libraries in the folder. */
function writePrograms() {
  const lib = path.join(DEBIAN, 'usr', 'lib');
  const libraries = ['x86_64-linux-gnu', 'llvm-22/lib', 'llvm-19/lib']
    .map((name) => path.join(lib, name))
    .join(':');
  const programs = {
    rustc: path.join(DEBIAN, 'usr', 'bin', 'rustc'),
    'llvm-readobj': path.join(lib, 'llvm-19', 'bin', 'llvm-readobj'),
    'llvm-strip': path.join(lib, 'llvm-19', 'bin', 'llvm-strip'),
  };
  for (const [name, program] of Object.entries(programs)) {
    const lines = [
      '#!/bin/sh',
      `LD_LIBRARY_PATH='${libraries}' exec '${program}' "$@"`,
      '',
    ];
    fs.writeFileSync(path.join(PROGRAMS, name), lines.join('\n'), {
      mode: 0o755,
    });
  }
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {object} [options] Those of `spawnSync`, `quiet` for no output, and `mayFail` for no error
 * @returns {boolean} Whether it ended well
 * @throws {Error} If it did not, and had to
 */
function run(
  program,
  args,
  { quiet = false, mayFail = false, ...options } = {},
) {
  const { error, status } = spawnSync(program, args, {
    stdio: quiet ? 'ignore' : 'inherit',
    ...options,
  });
  if (status === 0) return true;
  if (mayFail) return false;
  throw new Error(
    `${program} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}`,
  );
}

module.exports = { prepareToolchain, requireMingw, run };
