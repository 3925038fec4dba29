'use strict';

// Which of the platforms' packages is chosen, also for other systems than this.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { MANAGERS, install, runIn } = require('./support/managers');
const { makeProject, packagesOfPlatforms } = require('./support/projects');
const { version } = require('./support/situation');

const { npm11, pnpm10, yarn4 } = MANAGERS;
const dependencies = { ws: `npm:hawser@${version}` };

/** What npm is told of a system, and the package for it. */
const SYSTEMS = [
  ['linux-x64-gnu', 'linux', 'x64', 'glibc'],
  ['linux-x64-musl', 'linux', 'x64', 'musl'],
  ['linux-arm64-gnu', 'linux', 'arm64', 'glibc'],
  ['linux-arm64-musl', 'linux', 'arm64', 'musl'],
  ['linux-arm-gnueabihf', 'linux', 'arm', 'glibc'],
  ['darwin-x64', 'darwin', 'x64'],
  ['darwin-arm64', 'darwin', 'arm64'],
  ['win32-x64-msvc', 'win32', 'x64'],
  ['win32-arm64-msvc', 'win32', 'arm64'],
];

test('one lock file serves every platform', async () => {
  const project = makeProject({ dependencies }, npm11);
  await install(npm11, project, ['install', '--package-lock-only']);

  for (const [platform, ...system] of SYSTEMS) {
    await install(npm11, project, ['ci', ...flagsFor(...system)]);

    assert.deepEqual(packagesOfPlatforms(project), [platform]);
  }
});

test('there is a package for every platform that is published', () => {
  const folders = fs.readdirSync(path.join(__dirname, '..', '..', 'npm'));
  assert.deepEqual(SYSTEMS.map(([platform]) => platform).sort(), folders);
});

test('on a platform without a package the error comes when it is loaded, not before', async () => {
  const project = makeProject({ dependencies }, npm11);

  await install(npm11, project, ['install', ...flagsFor('openbsd', 'mips')]);

  assert.deepEqual(packagesOfPlatforms(project), []);
  const { code, stderr } = await runIn(npm11, project, ['echo.js']);
  assert.equal(code, 1);
  assert.match(stderr, /code: 'HAWSER_ERR_NO_BINARY'/);
});

const SEVERAL = {
  settings:
    'supportedArchitectures:\n  os: [linux]\n  cpu: [x64, arm64]\n  libc: [glibc, musl]\n',
  platforms: SYSTEMS.map(([platform]) => platform)
    .filter((platform) => /^linux-(x64|arm64)/.test(platform))
    .sort(),
};

for (const [manager, file] of [
  [pnpm10, 'pnpm-workspace.yaml'],
  [yarn4, '.yarnrc.yml'],
]) {
  test(`${manager.name} installs for several platforms at once`, async () => {
    const project = makeProject({ dependencies }, manager);
    fs.appendFileSync(path.join(project, file), SEVERAL.settings);

    await install(manager, project, manager.args.install);

    assert.deepEqual(packagesOfPlatforms(project), SEVERAL.platforms);
  });
}

function flagsFor(os, cpu, libc) {
  const flags = [`--os=${os}`, `--cpu=${cpu}`, '--no-audit', '--no-fund'];
  return libc ? [...flags, `--libc=${libc}`] : flags;
}
