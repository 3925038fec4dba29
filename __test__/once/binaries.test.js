'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');

const { faultsOf, glibcFloorOf } = require('../../scripts/platforms/faults');
const { understand } = require('../../scripts/platforms/inspect');
const { TARGETS } = require('../../scripts/platforms/targets');
const { inRoot } = require('../../scripts/setup/root');

const PUBLISHED = TARGETS.filter(({ published }) => published);
const [GNU, MUSL, MACOS] = [
  'linux-x64-gnu',
  'linux-x64-musl',
  'darwin-arm64',
].map((name) => TARGETS.find(({ platform }) => platform === name));

/** As it has to be for linux-x64-gnu. */
const GOOD = {
  arch: 'x86_64',
  size: 1_300_000,
  libraries: ['ld-linux-x86-64.so.2', 'libc.so.6', 'libpthread.so.0'],
  exports: ['napi_register_module_v1'],
  imports: [
    { name: 'read', isWeak: false, isBound: true },
    { name: 'gettid', isWeak: true, isBound: false },
    { name: 'uv_now', isWeak: false, isBound: false },
  ],
  versions: ['GLIBC_2.2.5', 'GLIBC_2.28', 'GCC_3.0'],
};

test('what is published is listed alike everywhere', () => {
  const platforms = PUBLISHED.map(({ platform }) => platform).sort();
  const triples = PUBLISHED.map(({ triple }) => triple).sort();
  assert.deepEqual(fs.readdirSync(inRoot('npm')).sort(), platforms);

  const { napi } = require('../../package.json');
  assert.deepEqual([...napi.targets].sort(), triples);

  const workflow = fs.readFileSync(inRoot('.github/workflows/ci.yml'), 'utf8');
  const build = workflow.slice(
    workflow.indexOf('\n  build:\n'),
    workflow.indexOf('\n  test:\n'),
  );
  const inMatrix = [...build.matchAll(/^ +target: ([\w-]+)$/gm)];
  assert.deepEqual(inMatrix.map(([, triple]) => triple).sort(), triples);
});

test('a good binary has no fault', () => {
  assert.deepEqual(faultsOf(GOOD, GNU), []);
  assert.equal(glibcFloorOf(GOOD), '2.28');
});

const FAULTS = [
  ['for another processor', { arch: 'aarch64' }, /is for aarch64/],
  ['too large', { size: 2_000_001 }, /has 2000001 bytes/],
  ['not an addon', { exports: [] }, /does not export napi_register/],
  [
    'showing what it links in',
    { exports: [...GOOD.exports, '_Unwind_Resume'] },
    /exports 1 others, such as _Unwind_Resume/,
  ],
  ['linked against OpenSSL', { libraries: ['libssl.so.3'] }, /libssl\.so\.3/],
  ['for a later glibc', { versions: ['GLIBC_2.29'] }, /needs glibc 2\.29/],
  ['private to a glibc', { versions: ['GLIBC_PRIVATE'] }, /GLIBC_PRIVATE/],
  [
    'wanting what no library has',
    { imports: [{ name: 'uloc_open', isWeak: false, isBound: false }] },
    /needs uloc_open/,
  ],
];

for (const [name, change, fault] of FAULTS) {
  test(`a binary is refused that is ${name}`, () => {
    const faults = faultsOf({ ...GOOD, ...change }, GNU);
    assert.equal(faults.length, 1);
    assert.match(faults[0], fault);
  });
}

test('what a binary for musl wants has to be in musl', () => {
  const seen = {
    ...GOOD,
    libraries: ['libc.so'],
    imports: [
      { name: 'read', isWeak: false, isBound: false },
      { name: 'gnu_get_libc_version', isWeak: false, isBound: false },
    ],
    versions: [],
  };
  assert.deepEqual(faultsOf(seen, MUSL, new Set(['read'])), [
    'needs gnu_get_libc_version, which nothing here has',
  ]);
});

test('a binary for macOS has to do with the oldest that is supported', () => {
  const seen = {
    ...GOOD,
    arch: 'aarch64',
    libraries: ['/usr/lib/libSystem.B.dylib', '@rpath/hawser.node'],
    imports: [],
    versions: [],
  };
  assert.deepEqual(faultsOf({ ...seen, macos: '11.0' }, MACOS), []);
  assert.equal(faultsOf({ ...seen, macos: '11.1' }, MACOS).length, 1);
  assert.equal(faultsOf(seen, MACOS).length, 1);
});

test('an ELF file is understood', () => {
  const text = `
File: hawser.node
Format: elf64-x86-64
Arch: x86_64
NeededLibraries [
  libc.so.6
]
DynamicSymbols [
  Symbol {
    Name:  (0)
    Binding: Local (0x0)
    Section: Undefined (0x0)
  }
  Symbol {
    Name: memcpy@GLIBC_2.14 (25)
    Binding: Global (0x1)
    Section: Undefined (0x0)
  }
  Symbol {
    Name: gettid (39)
    Binding: Weak (0x2)
    Section: Undefined (0x0)
  }
  Symbol {
    Name: napi_register_module_v1 (77)
    Binding: Global (0x1)
    Section: .text (0xD)
  }
]
VersionRequirements [
  Dependency {
    FileName: libc.so.6
    Entries [
      Entry {
        Flags [ (0x0)
        ]
        Name: GLIBC_2.14
      }
    ]
  }
]
`;
  assert.deepEqual(understand(text), {
    arch: 'x86_64',
    libraries: ['libc.so.6'],
    exports: ['napi_register_module_v1'],
    imports: [
      { name: 'memcpy', isWeak: false, isBound: true },
      { name: 'gettid', isWeak: true, isBound: false },
    ],
    versions: ['GLIBC_2.14'],
  });
});

test('a Mach-O file is understood', () => {
  const symbol = (name, lines, flags) =>
    `  Symbol {\n    Name: ${name} (8)\n${lines}\n    Flags [ (${flags})\n    ]\n  }\n`;
  const text = `
Format: Mach-O arm64
Arch: aarch64
NeededLibraries [
  /usr/lib/libSystem.B.dylib
  @rpath/hawser.node
]
Symbols [
${symbol('_inner', '    Type: Section (0xE)', '0x0')}
${symbol('_napi_register_module_v1', '    Extern\n    Type: Section (0xF)', '0x0')}
${symbol('_read', '    Extern\n    Type: Undef (0x1)', '0x100')}
${symbol('_uv_now', '    Extern\n    Type: Undef (0x1)', '0xFE00')}
]
MinVersion {
  Cmd: LC_BUILD_VERSION
  Version: 11.0
  SDK: 27.0
}
`;
  assert.deepEqual(understand(text), {
    arch: 'aarch64',
    libraries: ['/usr/lib/libSystem.B.dylib', '@rpath/hawser.node'],
    exports: ['napi_register_module_v1'],
    imports: [
      { name: 'read', isWeak: false, isBound: true },
      { name: 'uv_now', isWeak: false, isBound: false },
    ],
    versions: [],
    macos: '11.0',
  });
});

test('a Windows file is understood', () => {
  const text = `
Format: COFF-x86-64
Arch: x86_64
NeededLibraries [
  KERNEL32.dll
]
Export {
  Ordinal: 1
  Name: napi_register_module_v1
  RVA: 0x1000
}
`;
  assert.deepEqual(understand(text), {
    arch: 'x86_64',
    libraries: ['KERNEL32.dll'],
    exports: ['napi_register_module_v1'],
    imports: [],
    versions: [],
  });
});
