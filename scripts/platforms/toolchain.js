'use strict';

/*
 * What building for foreign platforms takes, unpacked into `target/cross` and installed nowhere: a Rust whose standard
 * library comes as source too, zig as the linker, and LLVM's tools that read and strip the results. Everything is pinned;
 * a version that is gone stops the build rather than giving a different one. Debian 12 on x64 is what it works on.
 */

const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { ROOT, inRoot } = require('../setup/root');

const RUST = '1.96.0+dfsg1-1~deb12u2';
const LLVM = '1:22.1.8-1~deb12u1';

/** Debian's packages. musl is here for its list of functions: a binary may ask for no other. */
const DEBIAN_PACKAGES = [
  `rustc-web=${RUST}`,
  `libstd-rust-web-1.96=${RUST}`,
  `libstd-rust-web-dev=${RUST}`,
  `rust-web-src=${RUST}`,
  `llvm-22=${LLVM}`,
  `libllvm22=${LLVM}`,
  'musl=1.2.3-1',
];
const PYTHON_PACKAGES = ['ziglang==0.17.1', 'cargo-zigbuild==0.24.0'];

const FOLDER = inRoot('target', 'cross', 'toolchain');
const DOWNLOADS = path.join(FOLDER, 'downloads');
const DEBIAN = path.join(FOLDER, 'debian');
const PYTHON = path.join(FOLDER, 'python');
const PROGRAMS = path.join(FOLDER, 'bin');
const CACHES = path.join(FOLDER, 'caches');
const STAMP = path.join(FOLDER, 'complete.json');

/** The source of Rust's standard library. */
const RUST_SOURCE = path.join(DEBIAN, 'usr', 'lib', 'rustlib', 'src', 'rust');

const MUSL_LIBC = path.join(DEBIAN, 'lib', 'x86_64-linux-musl', 'libc.so');

/**
 * @typedef {object} Toolchain
 * @property {NodeJS.ProcessEnv} env The environment to run cargo in
 * @property {string} readobj A program, as the next
 * @property {string} strip
 * @property {string} muslLibc A libc that most musl systems in use have, or a later one
 * @property {Record<string, string>} versions What is used in which version
 */

/**
 * Makes sure that the tools are there.
 *
 * @returns {Toolchain}
 */
function prepareToolchain() {
  const wanted = JSON.stringify([DEBIAN_PACKAGES, PYTHON_PACKAGES]);
  if (readStamp() !== wanted) {
    fs.rmSync(FOLDER, { recursive: true, force: true });
    unpackDebianPackages();
    installPythonPackages();
    writePrograms();
    fs.writeFileSync(STAMP, wanted);
  }

  const env = {
    ...process.env,
    PATH: [PROGRAMS, path.join(PYTHON, 'bin'), process.env.PATH].join(
      path.delimiter,
    ),
    RUSTC: path.join(PROGRAMS, 'rustc'),
    // The standard library is built together with the addon, which is not a stable feature of cargo.
    RUSTC_BOOTSTRAP: '1',
    CARGO_ZIGBUILD_CACHE_DIR: path.join(CACHES, 'zigbuild'),
    ZIG_GLOBAL_CACHE_DIR: path.join(CACHES, 'zig'),
    ZIG_LOCAL_CACHE_DIR: path.join(CACHES, 'zig'),
  };
  // Later, a crate that is missing would be fetched into a folder whose name nobody knew when the build was set up.
  run('cargo', ['fetch', '--quiet', '--locked'], { cwd: ROOT, env });
  return {
    env,
    readobj: path.join(PROGRAMS, 'llvm-readobj'),
    strip: path.join(PROGRAMS, 'llvm-strip'),
    muslLibc: MUSL_LIBC,
    versions: versionsIn(env),
  };
}

function readStamp() {
  try {
    return fs.readFileSync(STAMP, 'utf8');
  } catch {
    return undefined;
  }
}

function unpackDebianPackages() {
  fs.mkdirSync(DOWNLOADS, { recursive: true });
  if (!download({ mayFail: true })) {
    // This machine's lists are older than the packages, or there are none.
    run('apt-get', ['-qq', 'update']);
    download();
  }
  for (const name of fs.readdirSync(DOWNLOADS))
    run('dpkg-deb', ['-x', path.join(DOWNLOADS, name), DEBIAN]);
  fs.rmSync(DOWNLOADS, { recursive: true });
}

function download(options) {
  const asUser = ['-o', 'APT::Sandbox::User=root'];
  return run('apt-get', ['-qq', ...asUser, 'download', ...DEBIAN_PACKAGES], {
    cwd: DOWNLOADS,
    ...options,
  });
}

function installPythonPackages() {
  run('python3', ['-m', 'venv', PYTHON]);
  run(path.join(PYTHON, 'bin', 'pip'), [
    '--quiet',
    '--disable-pip-version-check',
    'install',
    '--only-binary=:all:',
    ...PYTHON_PACKAGES,
  ]);
}

/** Programs that find their libraries in the folder. */
function writePrograms() {
  const lib = path.join(DEBIAN, 'usr', 'lib');
  const llvm = path.join(lib, 'llvm-22');
  const libraries = [
    path.join(lib, 'x86_64-linux-gnu'),
    path.join(llvm, 'lib'),
  ];
  const programs = {
    rustc: path.join(DEBIAN, 'usr', 'bin', 'rustc'),
    'llvm-readobj': path.join(llvm, 'bin', 'llvm-readobj'),
    'llvm-strip': path.join(llvm, 'bin', 'llvm-strip'),
  };
  fs.mkdirSync(PROGRAMS, { recursive: true });
  for (const [name, program] of Object.entries(programs)) {
    fs.writeFileSync(
      path.join(PROGRAMS, name),
      `#!/bin/sh\nLD_LIBRARY_PATH='${libraries.join(':')}' exec '${program}' "$@"\n`,
      { mode: 0o755 },
    );
  }
}

function versionsIn(env) {
  const first = (program, ...args) =>
    execFileSync(program, args, { encoding: 'utf8', env }).split('\n')[0];
  return {
    rustc: first('rustc', '--version'),
    cargo: first('cargo', '--version'),
    zig: `zig ${first('python', '-m', 'ziglang', 'version')}`,
    zigbuild: first('cargo-zigbuild', '--version'),
    llvm: `LLVM ${LLVM.replace(/^\d+:|-.*/g, '')}`,
  };
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {object} [options] Those of `spawnSync`, and `mayFail` for no error
 * @returns {boolean} Whether it ended well
 * @throws {Error} If it did not, and had to
 */
function run(program, args, { mayFail = false, ...options } = {}) {
  const { error, status } = spawnSync(program, args, {
    stdio: mayFail ? 'ignore' : 'inherit',
    ...options,
  });
  if (status === 0 || mayFail) return status === 0;
  throw new Error(
    `${program} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}`,
  );
}

module.exports = { prepareToolchain, run, RUST_SOURCE };
