'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { ROOT, inRoot } = require('../setup/root');
const { requireMingw, run } = require('./toolchain');

/** Built from source with the addon: no toolchain has it ready for all of the targets. */
const STANDARD_LIBRARY = '-Zbuild-std=std,panic_unwind';

/**
 * Compiles and strips the addon for a platform.
 *
 * @param {import('./targets').Target} target
 * @param {ReturnType<typeof import('./toolchain').prepareToolchain>} toolchain
 * @returns {string} The file
 */
function compile(target, toolchain) {
  const cargo = target.built === 'mingw' ? forWindows(target) : forZig(target);
  run('cargo', [...cargo.args, '--locked', '--release', STANDARD_LIBRARY], {
    cwd: ROOT,
    env: {
      ...toolchain.env,
      ...cargo.env,
      CARGO_TARGET_DIR: inRoot('target', 'cross', 'build'),
      // rustc would look for a strip program of its own, which no package has.
      CARGO_PROFILE_RELEASE_STRIP: 'none',
      CARGO_ENCODED_RUSTFLAGS: [
        ...withoutPaths(),
        ...(target.rustflags ?? []),
      ].join('\x1f'),
    },
  });

  const built = libraryOf(target);
  const stripped = `${built}.stripped`;
  // Of a Mach-O file the linker has stripped what can be spared.
  if (target.macos) fs.copyFileSync(built, stripped);
  else run(toolchain.strip, ['--strip-all', '-o', stripped, built]);
  return stripped;
}

function forZig({ triple, glibc, macos }) {
  return {
    args: ['zigbuild', '--target', glibc ? `${triple}.${glibc}` : triple],
    env: macos ? { MACOSX_DEPLOYMENT_TARGET: macos } : {},
  };
}

function forWindows({ triple }) {
  requireMingw();
  return {
    args: ['build', '--target', triple],
    env: {
      CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER: 'x86_64-w64-mingw32-gcc',
      LIBNODE_PATH: emptyNodeLibrary(),
    },
  };
}

/** napi-build wants a library to link with, though the addon looks Node's functions up when it is loaded. */
function emptyNodeLibrary() {
  const folder = inRoot('target', 'cross', 'libnode');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'libnode.dll'), '');
  const definition = path.join(folder, 'node.def');
  fs.writeFileSync(definition, 'NAME node.exe\nEXPORTS\n');
  run('x86_64-w64-mingw32-dlltool', [
    '-d',
    definition,
    '-l',
    path.join(folder, 'libnode.dll.a'),
  ]);
  return folder;
}

/** Where it was built does not show in the binary: two machines make the same one. */
function withoutPaths() {
  const cargoHome = process.env.CARGO_HOME ?? path.join(os.homedir(), '.cargo');
  const prefixes = [
    [ROOT, 'hawser'],
    [path.join(cargoHome, 'registry', 'src'), 'crates'],
    [inRoot('target', 'cross', 'debian', 'usr', 'src'), 'rust'],
  ];
  return prefixes.map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
}

function libraryOf({ triple }) {
  const folder = inRoot('target', 'cross', 'build', triple, 'release');
  const names = ['libhawser.so', 'libhawser.dylib', 'hawser.dll'];
  const found = names
    .map((name) => path.join(folder, name))
    .find((file) => fs.existsSync(file));
  if (!found)
    throw new Error(`cargo wrote none of ${names.join(', ')} into ${folder}`);
  return found;
}

module.exports = { compile };
