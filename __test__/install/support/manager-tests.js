'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { describe, test } = require('node:test');
const { install, runIn } = require('./managers');
const { runNode } = require('./programs');
const { makeProject, packagesOfPlatforms } = require('./projects');
const { fromThisClone: platform, version } = require('./situation');

const ROOT = path.join(__dirname, '..', '..', '..');
const SPEC = `npm:hawser@${version}`;
const { devDependencies } = require('../../../package.json');

module.exports = { testManager };

/**
 * Declares what has to work with every package manager.
 *
 * @param {import('./managers').Manager} manager
 */
function testManager(manager) {
  describe(manager.name, () => {
    test('installs it as ws, with the binary of this platform alone', async () => {
      const project = makeProject(
        {
          dependencies: { ws: SPEC },
          devDependencies: { '@types/node': devDependencies['@types/node'] },
        },
        manager,
      );

      await install(manager, project, manager.args.install);

      await assertItWorks(manager, project);
      assert.deepEqual(
        packagesOfPlatforms(project),
        manager.disregardsLibc === 'always' ? bothLibraries() : [platform],
      );
      if (!manager.isPnp) await assertTypesAreFound(project);

      // What a deployment does: from the lock file, for production.
      removeModules(project);
      await install(manager, project, manager.args.production);
      await assertItWorks(manager, project);
      assert.deepEqual(
        packagesOfPlatforms(project),
        manager.disregardsLibc ? bothLibraries() : [platform],
      );
    });

    test('replaces the ws of a dependency', async () => {
      const dependencies = { 'engine.io-client': '6.6.4' };
      const project = makeProject({ dependencies }, manager, SPEC);

      await install(manager, project, manager.args.install);

      await assertDependencyHasIt(manager, project);
      removeModules(project);
      await install(manager, project, manager.args.again);
      await assertDependencyHasIt(manager, project);
    });

    if (manager.args.withoutOptional) {
      test('without optional dependencies there is no binary, and the error says so', async () => {
        const project = makeProject({ dependencies: { ws: SPEC } }, manager);

        await install(manager, project, manager.args.withoutOptional);

        assert.deepEqual(packagesOfPlatforms(project), []);
        const { code, stderr } = await runIn(manager, project, ['echo.js']);
        assert.equal(code, 1);
        assert.match(stderr, /code: 'HAWSER_ERR_NO_BINARY'/);
        assert.ok(stderr.includes(`"hawser-${platform}" should have been`));
      });
    }
  });
}

async function assertItWorks(manager, project) {
  const required = await runIn(manager, project, ['echo.js']);
  assert.equal(required.code, 0, required.stderr);
  const { name, answer, binary } = JSON.parse(required.stdout);
  assert.deepEqual({ name, answer }, { name: 'hawser', answer: 'required' });
  assert.equal(path.basename(binary), `hawser.${platform}.node`);
  assert.ok(path.basename(path.dirname(binary)).includes('hawser-'), binary);

  const imported = await runIn(manager, project, ['echo.mjs']);
  assert.equal(imported.code, 0, imported.stderr);
  assert.equal(imported.stdout, 'imported\n');
}

async function assertTypesAreFound(project) {
  const tsc = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const { code, stdout } = await runNode([tsc, '-p', '.'], project);
  assert.equal(code, 0, stdout);
}

async function assertDependencyHasIt(manager, project) {
  const { stdout, stderr } = await runIn(manager, project, [
    'of-dependency.js',
  ]);
  assert.equal(stdout, 'hawser function\n', stderr);
}

/** Those of this system and processor; the binary that does not fit is not loaded. */
function bothLibraries() {
  return platform.startsWith('linux-') && !platform.startsWith('linux-arm-')
    ? ['gnu', 'musl'].map((libc) => platform.replace(/(gnu|musl)$/, libc))
    : [platform];
}

function removeModules(project) {
  for (const name of ['node_modules', '.pnp.cjs', '.pnp.loader.mjs', '.yarn']) {
    fs.rmSync(path.join(project, name), { recursive: true, force: true });
  }
}
