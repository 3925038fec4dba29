'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { ROOT, inRoot } = require('../setup/root');
const { RUST_SOURCE, run } = require('./toolchain');

/** Built from source with the addon: no toolchain has it ready for all of the targets. */
const STANDARD_LIBRARY = '-Zbuild-std=std,panic_unwind';

/**
 * Compiles and strips the addon for a platform.
 *
 * @param {import('./targets').Target} target
 * @param {import('./toolchain').Toolchain} toolchain
 * @returns {string} The file
 */
function compile({ triple, glibc, macos, rustflags }, { env, strip }) {
  const zigTarget = glibc ? `${triple}.${glibc}` : triple;
  const args = ['zigbuild', '--locked', '--lib', '--release', STANDARD_LIBRARY];
  run('cargo-zigbuild', [...args, '--target', zigTarget], {
    cwd: ROOT,
    env: {
      ...env,
      ...(macos && { MACOSX_DEPLOYMENT_TARGET: macos }),
      ...(triple.endsWith('-windows-gnu') && {
        LIBNODE_PATH: emptyLibraries(),
      }),
      CARGO_TARGET_DIR: inRoot('target', 'cross', 'build'),
      // rustc would look for a strip program of its own, which no package has.
      CARGO_PROFILE_RELEASE_STRIP: 'none',
      CARGO_ENCODED_RUSTFLAGS: [...withoutPaths(), ...rustflags].join('\x1f'),
    },
  });

  const built = libraryOf(triple);
  const stripped = `${built}.stripped`;
  run(strip, [macos ? '-x' : '--strip-all', '-o', stripped, built]);
  return stripped;
}

/** Where it was built does not show in the binary: two machines make the same one. */
function withoutPaths() {
  const cargoHome = process.env.CARGO_HOME ?? path.join(os.homedir(), '.cargo');
  const registries = path.join(cargoHome, 'registry', 'src');
  const prefixes = [
    // A folder for each registry, which has the registry's name.
    ...fs
      .readdirSync(registries)
      .map((name) => [`${registries}/${name}`, 'crates']),
    // Both as cargo names what is below the top folder, and in full.
    [path.relative(ROOT, RUST_SOURCE), 'rust'],
    [RUST_SOURCE, 'rust'],
    [fs.realpathSync(RUST_SOURCE), 'rust'],
  ];
  return [[ROOT, 'hawser'], ...prefixes].map(
    ([from, to]) => `--remap-path-prefix=${from}=${to}`,
  );
}

/**
 * Libraries that have to be there to link for Windows, and of which nothing is used: napi-build asks for Node's, though the
 * addon looks its functions up when it is loaded, and Debian's rustc for those of the stack protector.
 */
function emptyLibraries() {
  const folder = inRoot('target', 'cross', 'empty-libraries');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'libnode.dll'), '');
  for (const name of ['node', 'ssp', 'ssp_nonshared'])
    fs.writeFileSync(path.join(folder, `lib${name}.a`), '!<arch>\n');
  return folder;
}

function libraryOf(triple) {
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
