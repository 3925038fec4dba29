'use strict';

/*
 * That all which names a version or a platform names the same ones; and that it is noticed if not.
 */

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');

const { disagreements } = require('../../scripts/release/agreement');
const { withRelease } = require('../../scripts/release/changelog');
const { distTagFor } = require('../../scripts/release/dist-tag');
const { version } = require('../../package.json');
const { copyRepository } = require('../support/repository-copy');

let copy;

before(() => {
  copy = copyRepository();
});

after(() => copy?.remove());

test('what names a version or a platform names the same ones', () => {
  assert.deepEqual(disagreements({ isRelease: false }), []);
});

for (const [file, from, to, sentence] of [
  [
    'Cargo.toml',
    `version = "${version}"`,
    'version = "9.9.9"',
    `Cargo.toml says 9.9.9, package.json ${version}`,
  ],
  [
    'Cargo.lock',
    `name = "hawser"\nversion = "${version}"`,
    'name = "hawser"\nversion = "9.9.9"',
    `Cargo.lock says 9.9.9, package.json ${version}`,
  ],
  [
    'Cargo.lock',
    'name = "hawser"\n',
    'name = "other"\n',
    `Cargo.lock says nothing, package.json ${version}`,
  ],
  [
    'package-lock.json',
    `"version": "${version}"`,
    '"version": "9.9.9"',
    `package-lock.json says 9.9.9, package.json ${version}`,
  ],
  [
    'npm/linux-x64-musl/package.json',
    `"version": "${version}"`,
    '"version": "9.9.9"',
    `npm/linux-x64-musl/package.json says 9.9.9, package.json ${version}`,
  ],
  [
    'README.md',
    `hawser@^${version}`,
    'hawser@^9.9.9',
    `README.md (hawser@...) says 9.9.9, package.json ${version}`,
  ],
  [
    'examples/docker/package.json',
    `hawser@^${version}`,
    'hawser@^9.9.9',
    `examples/docker/package.json (hawser@...) says 9.9.9, package.json ${version}`,
  ],
  [
    'npm/linux-x64-musl/package.json',
    '"musl"',
    '"glibc"',
    'npm/linux-x64-musl/package.json has ["glibc"] for "libc", not ["musl"]',
  ],
  [
    'npm/darwin-arm64/package.json',
    '"name": "hawser-darwin-arm64"',
    '"name": "hawser-darwin"',
    'npm/darwin-arm64/package.json has "hawser-darwin" for "name", not "hawser-darwin-arm64"',
  ],
  [
    'package.json',
    '"aarch64-apple-darwin",',
    '',
    'napi.targets in package.json lacks aarch64-apple-darwin',
  ],
  [
    'package.json',
    '"aarch64-apple-darwin"',
    '"x86_64-unknown-freebsd"',
    'napi.targets in package.json has x86_64-unknown-freebsd, which scripts/platforms/targets.js does not publish',
  ],
  [
    'lib/native.js',
    "  'win32-x64-msvc',\n",
    '',
    'lib/native.js lacks win32-x64-msvc',
  ],
  [
    '.github/workflows/ci.yml',
    'target: aarch64-unknown-linux-musl',
    'target: aarch64-unknown-linux-gnu',
    'ci.yml, job build lacks aarch64-unknown-linux-musl',
  ],
  [
    '.github/workflows/ci.yml',
    '- platform: darwin-x64\n            target: x86_64-apple-darwin',
    '- platform: darwin-x64',
    'ci.yml, in test and smoke together, lacks x86_64-apple-darwin',
  ],
]) {
  test(`it is noticed: ${sentence}`, () => {
    spoil(file, from, to, () => assertNoticed(sentence));
  });
}

test('it is noticed: a platform without a package', () => {
  const place = path.join(copy.folder, 'npm', 'win32-x64-msvc');
  fs.renameSync(place, `${copy.folder}/elsewhere`);
  assertNoticed('npm/ lacks win32-x64-msvc');
  fs.renameSync(`${copy.folder}/elsewhere`, place);
});

test('what is released has a heading in CHANGELOG.md, with something below it', () => {
  const file = path.join(copy.folder, 'CHANGELOG.md');
  const text = fs.readFileSync(file, 'utf8');
  const without = text.replaceAll(`## [${version}]`, '## [0.0.0]');
  fs.writeFileSync(file, without);
  assertNoticed(`CHANGELOG.md has no heading [${version}]`);
  fs.writeFileSync(file, `${without}\n## [${version}] - 2026-01-01\n`);
  assertNoticed(`CHANGELOG.md has nothing under [${version}]`);
  fs.writeFileSync(file, text);
});

test('the workflow cross-compiles with the tools of `npm run build:all`', () => {
  const [workflow, toolchain] = [
    '.github/workflows/ci.yml',
    'scripts/platforms/toolchain.js',
  ].map((file) => fs.readFileSync(path.join(copy.folder, file), 'utf8'));
  const [, zig] = /'ziglang==([\d.]+)'/.exec(toolchain);
  const [, zigbuild] = /'cargo-zigbuild==([\d.]+)'/.exec(toolchain);
  assert.ok(workflow.includes(`version: ${zig}\n`));
  assert.ok(workflow.includes(`tool: cargo-zigbuild@${zigbuild}\n`));
});

test('no document of a release says that there is none', () => {
  for (const [file, words] of [
    ['README.md', 'not published yet'],
    ['docs/guide.md', 'Nothing is on the registry'],
    ['examples/docker/README.md', 'has to run yet'],
  ]) {
    const text = `# Title\n\nIt is so:\n${words.replace(' ', '\n')}.\n`;
    const place = path.join(copy.folder, file);
    const before = fs.readFileSync(place, 'utf8');
    fs.writeFileSync(place, text);
    assertNoticed(`${file}:4 says "${words}"`);
    fs.writeFileSync(place, before);
  }
});

test('what is new in CHANGELOG.md moves under the version', () => {
  const text =
    '# Changelog\n\n## [Unreleased]\n\n- News.\n\n## [1.0.0] - 2025-01-01\n\n- Old.\n';
  const moved =
    '# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2026-02-03\n\n- News.\n\n## [1.0.0] - 2025-01-01\n\n- Old.\n';
  assert.equal(withRelease(text, '1.1.0', '2026-02-03'), moved);
  assert.equal(
    withRelease(moved, '1.1.0', '2026-02-04'),
    moved.replace('02-03', '02-04'),
  );
  assert.throws(
    () => withRelease(moved, '1.2.0', '2026-02-04'),
    /nothing under/,
  );
});

test('a final version takes in what CHANGELOG.md says of its prereleases', () => {
  const first = withRelease(
    '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- One, for $1.\n\n## [1.0.0] - 2025-01-01\n\n- Old.\n',
    '1.1.0-beta.1',
    '2026-02-03',
  );
  const second = withRelease(
    first.replace(
      '[Unreleased]\n',
      '[Unreleased]\n\n### Fixed\n\n- Two.\n\n### Added\n\n- Three.\n',
    ),
    '1.1.0-beta.2',
    '2026-02-04',
  );
  const old = '## [1.0.0] - 2025-01-01\n\n- Old.\n';
  assert.equal(
    withRelease(second, '1.1.0', '2026-02-05'),
    `# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2026-02-05\n\n### Fixed\n\n- Two.\n\n### Added\n\n- Three.\n- One, for $1.\n\n${old}`,
  );
  // Nothing has happened since the last of them.
  assert.equal(
    withRelease(first, '1.1.0', '2026-02-05'),
    `# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2026-02-05\n\n### Added\n\n- One, for $1.\n\n${old}`,
  );
  assert.throws(
    () => withRelease(first, '1.1.0-beta.2', '2026-02-05'),
    /nothing under/,
  );
});

for (const [version, tags, tag] of [
  ['0.1.0', {}, 'latest'],
  ['1.2.3', { latest: '1.2.2', next: '2.0.0-beta.1' }, 'latest'],
  ['1.2.10', { latest: '1.2.9' }, 'latest'],
  // Published already, when the workflow runs once more.
  ['1.2.3', { latest: '1.2.3' }, 'latest'],
  ['1.2.3', { latest: '1.3.0' }, 'latest-1.2'],
  ['1.2.3', { latest: '2.0.0', next: '2.0.0-beta.1' }, 'latest-1.2'],
  ['2.0.0-beta.1', { latest: '1.2.3' }, 'next'],
  ['2.0.0-beta.10', { next: '2.0.0-beta.9' }, 'next'],
  ['1.3.0-beta.1', { latest: '1.2.3', next: '2.0.0-beta.1' }, 'next-1.3'],
]) {
  const there = Object.entries(tags).map((entry) => entry.join(' '));
  test(`beside ${there.join(', ') || 'nothing'}, ${version} is published as ${tag}`, () => {
    assert.equal(distTagFor(version, tags), tag);
  });
}

function spoil(file, from, to, check) {
  const place = path.join(copy.folder, file);
  const text = fs.readFileSync(place, 'utf8');
  assert.ok(text.includes(from), `${file} has ${from}`);
  fs.writeFileSync(place, text.replace(from, to));
  try {
    check();
  } finally {
    fs.writeFileSync(place, text);
  }
}

function assertNoticed(sentence) {
  const program =
    "const { disagreements } = require('./scripts/release/agreement');" +
    'console.log(JSON.stringify(disagreements({ isRelease: true })))';
  const output = execFileSync(process.execPath, ['-e', program], {
    cwd: copy.folder,
    encoding: 'utf8',
  });
  assert.ok(JSON.parse(output).includes(sentence), output);
}
