'use strict';

/*
 * The platforms that hawser is published for: the folders of `npm/`, the Rust target of each, how it is built on a Linux
 * machine, and what its binary may ask of the system that loads it.
 */

/**
 * @typedef {object} Target
 * @property {string} platform The name of the folder in `npm/`, and the end of the package's name
 * @property {string} triple Rust's name of it
 * @property {'zig' | 'mingw' | 'hosted'} built `zig`: linked by zig, which brings every C library's interface along;
 *     `mingw`: a check that it compiles and links, not what is published; `hosted`: only the hosted workflow can
 * @property {string} [glibc] The oldest glibc that must do
 * @property {string} [macos] The oldest macOS that must do
 * @property {RegExp[]} libraries What it may be linked against, and nothing else
 * @property {string[]} [rustflags] What rustc needs beside the ordinary
 */

const GLIBC = [
  /^libc\.so\.6$/,
  /^libm\.so\.6$/,
  /^libgcc_s\.so\.1$/,
  /^lib(?:pthread|dl|rt)\.so\.\d$/,
  /^ld-linux.*\.so\.\d$/,
];
const MUSL = [/^libc\.so$/, /^libc\.musl-.*\.so\.1$/, /^libgcc_s\.so\.1$/];
const MACOS = [
  /^\/usr\/lib\/libSystem\.B\.dylib$/,
  /^\/usr\/lib\/libiconv\.2\.dylib$/,
];
const WINDOWS = [
  /^(?:kernel32|ntdll|ws2_32|bcryptprimitives|userenv|msvcrt)\.dll$/i,
  /^api-ms-win-.*\.dll$/i,
];

/** A cdylib for musl must find musl's libc in the process. */
const DYNAMIC_MUSL = ['-Ctarget-feature=-crt-static'];
/** The path at which it was built is nobody's business; `-s` because rustc looks for a strip program of its own. */
const MACH_O = [
  '-Clink-arg=-Wl,-install_name,@rpath/hawser.node',
  '-Clink-arg=-Wl,-s',
];

/** @type {Target[]} */
const TARGETS = [
  gnu('linux-x64-gnu', 'x86_64-unknown-linux-gnu'),
  gnu('linux-arm64-gnu', 'aarch64-unknown-linux-gnu'),
  gnu('linux-arm-gnueabihf', 'armv7-unknown-linux-gnueabihf'),
  musl('linux-x64-musl', 'x86_64-unknown-linux-musl'),
  musl('linux-arm64-musl', 'aarch64-unknown-linux-musl'),
  darwin('darwin-x64', 'x86_64-apple-darwin'),
  darwin('darwin-arm64', 'aarch64-apple-darwin'),
  windows('win32-x64-msvc', 'x86_64-pc-windows-gnu', 'mingw'),
  windows('win32-arm64-msvc', 'aarch64-pc-windows-msvc', 'hosted'),
];

function gnu(platform, triple) {
  return { platform, triple, built: 'zig', glibc: '2.17', libraries: GLIBC };
}

function musl(platform, triple) {
  return {
    platform,
    triple,
    built: 'zig',
    libraries: MUSL,
    rustflags: DYNAMIC_MUSL,
  };
}

function darwin(platform, triple) {
  return {
    platform,
    triple,
    built: 'zig',
    macos: '11.0',
    libraries: MACOS,
    rustflags: MACH_O,
  };
}

function windows(platform, triple, built) {
  return { platform, triple, built, libraries: WINDOWS };
}

module.exports = { TARGETS };
