'use strict';

/*
 * A release from end to end, on a copy of the repository and with a registry on 127.0.0.1: `npm version`, the dry run, and
 * publishing, which fails half-way and is run again. `npm run test:release`; it takes a minute or two.
 */

const assert = require('node:assert/strict');
const { execFile, execFileSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { after, before, test } = require('node:test');

const { inRoot } = require('../../scripts/setup/root');
const { publishedPlatforms } = require('../../scripts/release/agreement');
const { UNPUBLISHED, texts } = require('../../scripts/release/unpublished');
const { copyRepository } = require('../support/repository-copy');

const VERSION = '7.8.9';
const PRERELEASE = '7.8.9-beta.1';
const PLATFORMS = publishedPlatforms();

let copy;
let registry;

before(async () => {
  copy = copyRepository();
  registry = await startRegistry();
  fs.symlinkSync(inRoot('node_modules'), inCopy('node_modules'), 'junction');
  fs.writeFileSync(
    inCopy('.gitignore'),
    'node_modules\ntarget\n*.node\n.npmrc\n',
  );
  fs.writeFileSync(
    inCopy('.npmrc'),
    `registry=${registry.address}\n${registry.address.replace('http:', '')}:_authToken=none\n`,
  );
  // As RELEASING.md demands before the first release.
  for (const file of texts()) {
    const text = fs.readFileSync(inCopy(file), 'utf8');
    fs.writeFileSync(inCopy(file), text.replace(UNPUBLISHED, 'published'));
  }
  git('init', '--quiet');
  git('config', 'user.name', 'A maintainer');
  git('config', 'user.email', 'maintainer@example.org');
  git('add', '.');
  git('commit', '--quiet', '--message', 'Before');
});

after(async () => {
  await registry?.close();
  copy?.remove();
});

for (const [name, file, text, sentence] of [
  [
    'with nothing new',
    'CHANGELOG.md',
    '# Changelog\n\n## [Unreleased]\n',
    'CHANGELOG.md has nothing under [Unreleased]',
  ],
  [
    'of what the documents deny',
    'docs/guide.md',
    '# Guide\n\nhawser is not published yet.\n',
    'docs/guide.md:3 says "not published yet"',
  ],
]) {
  test(`\`npm version\` ${name} is refused before it has changed anything`, async () => {
    const before = fs.readFileSync(inCopy(file), 'utf8');
    fs.writeFileSync(inCopy(file), text);
    git('commit', '--quiet', '--all', '--message', 'Not fit for a release');

    const { code, output } = await run('npm', ['version', PRERELEASE]);
    assert.notEqual(code, 0);
    assert.ok(output.includes(`${sentence}\n`), output);
    assert.equal(git('status', '--porcelain'), '');
    fs.writeFileSync(inCopy(file), before);
    git('commit', '--quiet', '--all', '--message', 'Fit again');
  });
}

test('`npm version` makes a prerelease, which leaves the documents as they are', async () => {
  const readme = fs.readFileSync(inCopy('README.md'), 'utf8');
  const { code, output } = await run('npm', ['version', PRERELEASE]);
  assert.equal(code, 0, output);
  assert.equal(git('status', '--porcelain'), '');
  assert.equal(git('tag'), `v${PRERELEASE}`);
  assert.equal(fs.readFileSync(inCopy('README.md'), 'utf8'), readme);
  git('tag', '--delete', `v${PRERELEASE}`);
});

test('`npm version` sets the final version everywhere, and commits and tags it', async () => {
  const { code, output } = await run('npm', ['version', VERSION]);
  assert.equal(code, 0, output);

  assert.equal(git('status', '--porcelain'), '');
  assert.equal(git('tag'), `v${VERSION}`);
  const today = new Date().toISOString().slice(0, 10);
  const changelog = fs.readFileSync(inCopy('CHANGELOG.md'), 'utf8');
  assert.ok(changelog.includes(`## [${VERSION}] - ${today}\n`));
  assert.ok(!changelog.includes(PRERELEASE));
});

test('the dry run says what is missing', async () => {
  const { code, output } = await run('node', [
    'scripts/release-dry.js',
    '--complete',
  ]);
  assert.equal(code, 1, output);
  assert.match(
    output,
    /^- hawser-linux-x64-musl lacks hawser\.linux-x64-musl\.node$/m,
  );
  assert.match(output, /^- hawser lacks js-binding\.js$/m);
});

test('with all binaries the dry run lists ten packages that agree', async () => {
  for (const platform of PLATFORMS) {
    const folder = inCopy('npm', platform);
    fs.writeFileSync(path.join(folder, `hawser.${platform}.node`), platform);
    fs.writeFileSync(path.join(folder, 'LICENSE'), 'MIT');
  }
  fs.writeFileSync(inCopy('js-binding.js'), '');

  const { code, output } = await run('node', [
    'scripts/release-dry.js',
    '--complete',
  ]);
  assert.equal(code, 0, output);
  assert.match(output, /Everything agrees\.$/m);
  assert.match(
    output,
    new RegExp(
      `^ {2}hawser@${VERSION}: .*hawser-${VERSION}\\.tgz, \\d+ bytes$`,
      'm',
    ),
  );
  assert.match(
    output,
    new RegExp(`^ +"hawser-darwin-x64": "${VERSION}",$`, 'm'),
  );
});

test('publishing that failed half-way is completed by running it again', async () => {
  registry.failAt('hawser-darwin-arm64');
  const first = await run('node', ['scripts/release/publish.js']);
  assert.notEqual(first.code, 0, first.output);
  assert.ok(!registry.published.includes('hawser'));
  assert.ok(registry.published.length > 0);

  const before = [...registry.published];
  registry.failAt(null);
  await assertAnotherBuildIsRefused(before);

  const second = await run('node', ['scripts/release/publish.js']);
  assert.equal(second.code, 0, second.output);
  for (const name of before) {
    assert.ok(second.output.includes(`${name}@${VERSION} is there already\n`));
  }
  const names = PLATFORMS.map((platform) => `hawser-${platform}`);
  assert.deepEqual(registry.published, [...names, 'hawser']);
  assert.deepEqual(registry.tagsOf('hawser'), { latest: VERSION });

  const third = await run('node', ['scripts/release/publish.js']);
  assert.equal(third.code, 0, third.output);
  assert.equal(registry.published.length, 10);
});

test('a fix for an old version does not become the latest', async () => {
  registry.forget('hawser', {
    name: 'hawser',
    'dist-tags': { latest: '9.0.0' },
    versions: { '9.0.0': { name: 'hawser', version: '9.0.0' } },
  });
  const file = inCopy('target', 'output');
  const { code, output } = await run('node', ['scripts/release/publish.js'], {
    GITHUB_OUTPUT: file,
  });
  assert.equal(code, 0, output);
  assert.deepEqual(registry.tagsOf('hawser'), { 'latest-7.8': VERSION });
  assert.equal(fs.readFileSync(file, 'utf8'), 'tag=latest-7.8\n');
});

test('the main package depends on those of the platforms, in its own version', () => {
  const manifest = registry.manifestOf('hawser', VERSION);
  assert.deepEqual(
    manifest.optionalDependencies,
    Object.fromEntries(PLATFORMS.map((name) => [`hawser-${name}`, VERSION])),
  );
  assert.equal(manifest.dependencies, undefined);
});

test('nothing is published by hand', async () => {
  const { code, output } = await run('npm', ['publish']);
  assert.notEqual(code, 0);
  assert.match(output, /see RELEASING\.md/);
});

/** The binary of a package that is published already is another one. */
async function assertAnotherBuildIsRefused(published) {
  const [platform] = PLATFORMS;
  const binary = inCopy('npm', platform, `hawser.${platform}.node`);
  fs.appendFileSync(binary, ' of another build');
  const { code, output } = await run('node', ['scripts/release/publish.js']);
  fs.writeFileSync(binary, platform);

  assert.equal(code, 1, output);
  assert.ok(
    output.includes(
      `hawser-${platform}@${VERSION} is on the registry with other files`,
    ),
    output,
  );
  assert.match(output, /nothing is published/);
  assert.deepEqual(registry.published, published);
}

function inCopy(...parts) {
  return path.join(copy.folder, ...parts);
}

function git(...args) {
  return execFileSync('git', args, {
    cwd: copy.folder,
    encoding: 'utf8',
  }).trim();
}

function run(program, args, variables = {}) {
  // What a hosted workflow says of itself would make npm ask for its identity.
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(?:GITHUB_|ACTIONS_|npm_|NPM_)/.test(name),
  );
  const env = { ...Object.fromEntries(own), ...variables };
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { cwd: copy.folder, env },
      (error, stdout, stderr) => {
        resolve({ code: error ? error.code : 0, output: stdout + stderr });
      },
    );
  });
}

/** As much of a registry as npm needs to look for a version and to publish one. */
async function startRegistry() {
  const documents = new Map();
  const published = [];
  let broken = null;

  const server = http.createServer(async (request, response) => {
    const name = request.url.slice(1);
    if (request.method === 'PUT') {
      if (name === broken) return answer(400, { error: 'not today' });
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      documents.set(name, JSON.parse(Buffer.concat(chunks)));
      published.push(name);
      return answer(201, { ok: true });
    }
    const document = documents.get(name);
    return document
      ? answer(200, document)
      : answer(404, { error: 'not found' });

    function answer(status, content) {
      request.resume();
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(content));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${server.address().port}/`,
    published,
    failAt: (name) => {
      broken = name;
    },
    forget: (name, document) => documents.set(name, document),
    tagsOf: (name) => documents.get(name)['dist-tags'],
    manifestOf: (name, version) => documents.get(name).versions[version],
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
