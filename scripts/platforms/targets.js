'use strict';

/*
 * The platforms that hawser is published for, the Rust target of each, how it is built on a Linux machine, and what its
 * binary may ask of the system that loads it.
 */

/**
 * @typedef {object} Target
 * @property {string} platform The end of the package's name
 * @property {string} triple Rust's name of it
 * @property {'zig' | 'hosted'} built `zig`: linked by zig, which brings every C library's interface along; `hosted`: only
 *     the hosted workflow can
 * @property {boolean} published Whether there is a package for it. What has none is there to be tried
 * @property {string} arch The processor, as LLVM names it
 * @property {string} [glibc] The glibc whose interface it is linked against
 * @property {string} [newestGlibc] The glibc that it may need at most
 * @property {string} [macos] The oldest macOS that must do
 * @property {RegExp[]} libraries What it may be linked against, and nothing else
 * @property {RegExp} [mayExport] What it may show beside the addon's entry
 * @property {string[]} rustflags What rustc needs beside the ordinary
 */

const { LIBRARIES } = require('./libraries');

const ARCHES = { x64: 'x86_64', arm64: 'aarch64', arm: 'arm' };

/** The linker refuses a function that no library has. */
const NOTHING_UNDEFINED = '-Clink-arg=-Wl,-z,defs';
/** zig leaves out the list of what is to be exported that rustc hands to the linkers of macOS and Windows, and would export all. */
const NOTHING_EXPORTED = '-Zdefault-visibility=hidden';
/** What the linker and the C compiler's own functions add all the same. */
const OF_ZIG =
  /^(?:_mh_dylib_header|__dso_handle|__is(?:Platform|OS)VersionAtLeast)$/;
const OF_MINGW =
  /^(?:_CRT_INIT|__mingw_module_is_dll|atexit|(?:__)?unw_getcontext)$/;
/** A cdylib for musl must find musl's libc in the process. */
const DYNAMIC_MUSL = '-Ctarget-feature=-crt-static';

/** @type {Target[]} */
const TARGETS = [
  gnu('linux-x64-gnu', 'x86_64-unknown-linux-gnu'),
  gnu('linux-arm64-gnu', 'aarch64-unknown-linux-gnu'),
  gnu('linux-arm-gnueabihf', 'armv7-unknown-linux-gnueabihf'),
  musl('linux-x64-musl', 'x86_64-unknown-linux-musl'),
  musl('linux-arm64-musl', 'aarch64-unknown-linux-musl'),
  windows('win32-x64-gnu', 'x86_64-pc-windows-gnu', {
    published: false,
    rustflags: [NOTHING_EXPORTED],
    mayExport: OF_MINGW,
  }),
  darwin('darwin-arm64', 'aarch64-apple-darwin'),
  darwin('darwin-x64', 'x86_64-apple-darwin'),
  windows('win32-x64-msvc', 'x86_64-pc-windows-msvc', { built: 'hosted' }),
  windows('win32-arm64-msvc', 'aarch64-pc-windows-msvc', { built: 'hosted' }),
];

function gnu(platform, triple) {
  return target(platform, triple, {
    glibc: '2.17',
    newestGlibc: '2.28',
    libraries: LIBRARIES.glibc,
    rustflags: [NOTHING_UNDEFINED],
  });
}

function musl(platform, triple) {
  return target(platform, triple, {
    libraries: LIBRARIES.musl,
    rustflags: [DYNAMIC_MUSL, NOTHING_UNDEFINED],
  });
}

function darwin(platform, triple) {
  return target(platform, triple, {
    macos: '11.0',
    libraries: LIBRARIES.macos,
    rustflags: [NOTHING_EXPORTED],
    mayExport: OF_ZIG,
  });
}

function windows(platform, triple, how) {
  return target(platform, triple, { libraries: LIBRARIES.windows, ...how });
}

function target(platform, triple, how) {
  const arch = ARCHES[platform.split('-')[1]];
  return {
    platform,
    triple,
    arch,
    built: 'zig',
    published: true,
    rustflags: [],
    ...how,
  };
}

module.exports = { TARGETS };
