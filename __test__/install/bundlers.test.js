'use strict';

// Servers that are bundled into one file, with hawser left out of it.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { before, test } = require('node:test');
const { MANAGERS, install, runIn } = require('./support/managers');
const { runNode } = require('./support/programs');
const { makeProject } = require('./support/projects');
const { tools, version } = require('./support/situation');

const { npm11 } = MANAGERS;
let project;

before(async () => {
  project = makeProject({ dependencies: { ws: `npm:hawser@${version}` } });
  await install(npm11, project, npm11.args.install);
});

for (const format of ['cjs', 'esm']) {
  test(`esbuild, ${format}: --external:ws`, async () => {
    await bundle('esbuild/bin/esbuild', [
      'bundled.mjs',
      '--bundle',
      '--platform=node',
      `--format=${format}`,
      '--external:ws',
      `--outfile=esbuild.${extensionOf(format)}`,
    ]);

    await assertBundleEchoes(`esbuild.${extensionOf(format)}`);
  });
}

test('esbuild, cjs: --loader:.node=copy takes the binary along', async () => {
  await bundle('esbuild/bin/esbuild', [
    'bundled.mjs',
    '--bundle',
    '--platform=node',
    '--format=cjs',
    '--loader:.node=copy',
    '--outfile=whole/server.cjs',
  ]);

  const elsewhere = makeProject({});
  fs.cpSync(path.join(project, 'whole'), elsewhere, { recursive: true });
  await assertBundleEchoes('server.cjs', elsewhere);
});

for (const [format, settings, output] of [
  ['cjs', "externals: { ws: 'commonjs ws' }", {}],
  [
    'esm',
    "externals: { ws: 'module ws' }, experiments: { outputModule: true }",
    { module: true },
  ],
]) {
  test(`webpack, ${format}: ${settings}`, async () => {
    const file = `webpack.${extensionOf(format)}`;
    write(
      `configuration-of-${file}.cjs`,
      `module.exports = {
        mode: 'production', target: 'node', context: __dirname,
        entry: './bundled.mjs',
        output: ${JSON.stringify({ path: project, filename: file, ...output })},
        ${settings},
      };`,
    );
    // webpack's own command needs a package of its own.
    write(
      'run-webpack.cjs',
      `require(process.argv[2])(require(process.argv[3]), (error, stats) => {
        if (!error && !stats.hasErrors()) return;
        console.error(error ?? stats.toString());
        process.exitCode = 1;
      });`,
    );

    await assertEndsWell([
      'run-webpack.cjs',
      path.join(tools, 'webpack'),
      path.join(project, `configuration-of-${file}.cjs`),
    ]);

    await assertBundleEchoes(file);
  });
}

for (const format of ['cjs', 'es']) {
  test(`Rollup, ${format}: external: ['ws']`, async () => {
    const file = `rollup.${extensionOf(format)}`;
    write(
      `configuration-of-${file}.mjs`,
      `export default {
        input: 'bundled.mjs',
        external: ['ws', /^node:/],
        output: { file: '${file}', format: '${format}' },
      };`,
    );

    await bundle('rollup/dist/bin/rollup', [
      '--config',
      `configuration-of-${file}.mjs`,
    ]);

    await assertBundleEchoes(file);
  });
}

async function bundle(program, args) {
  await assertEndsWell([path.join(tools, program), ...args]);
}

async function assertEndsWell(args) {
  const { code, stdout, stderr } = await runNode(args, project);
  assert.equal(code, 0, `${stdout}${stderr}`);
}

async function assertBundleEchoes(file, folder = project) {
  const { code, stdout, stderr } = await runIn(npm11, folder, [file]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, 'configure is there, echoed\n');
}

function extensionOf(format) {
  return format === 'cjs' ? 'cjs' : 'mjs';
}

function write(file, text) {
  fs.writeFileSync(path.join(project, file), text);
}
