'use strict';

/** What comes with each system, and so may be linked against. */
const LIBRARIES = {
  // Until glibc 2.34, libpthread, libdl and librt were files of their own.
  glibc: [
    /^libc\.so\.6$/,
    /^libm\.so\.6$/,
    /^libgcc_s\.so\.1$/,
    /^lib(?:pthread|dl|rt)\.so\.\d$/,
    /^ld-linux.*\.so\.\d$/,
  ],
  musl: [/^libc\.so$/, /^libc\.musl-.*\.so\.1$/, /^libgcc_s\.so\.1$/],
  macos: [
    // What the file itself is called, which is listed together with the others.
    /^@rpath\/hawser\.node$/,
    /^\/usr\/lib\/libSystem\.B\.dylib$/,
    /^\/usr\/lib\/lib(?:iconv\.2|charset\.1)\.dylib$/,
  ],
  // Not the Visual C++ runtime, which has to be installed.
  windows: [
    /^(?:kernel32|ntdll|ws2_32|bcryptprimitives|userenv)\.dll$/i,
    /^api-ms-win-.*\.dll$/i,
  ],
};

module.exports = { LIBRARIES };
