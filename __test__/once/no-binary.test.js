'use strict';

// What a program gets that cannot have the native engine.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { pathToFileURL } = require('node:url');
const { Worker } = require('node:worker_threads');
const { binaryInstalledFor, installCopies } = require('../support/copies');
const { eventOf } = require('../support/waiting');

const CODE = 'HAWSER_ERR_NO_BINARY';

test('without the package of the platform the error names it, each time', (t) => {
  const { copy, binary } = install(t);
  const platform = path.dirname(binary);
  fs.rmSync(platform, { recursive: true });

  const errors = loadTwice(copy);

  for (const { message } of errors) {
    assert.ok(message.includes(`"${path.basename(platform)}"`), message);
    assert.match(message, /--include=optional/);
  }
});

for (const [what, bytes] of [
  ['empty', ''],
  ['a page of a proxy', '<!doctype html><title>Sign in</title>'],
  ['cut short', Buffer.from([0x7f, 0x45, 0x4c, 0x46])],
]) {
  test(`of a binary that is ${what} the error says what is wrong, each time`, (t) => {
    const { copy, binary } = install(t);
    fs.writeFileSync(binary, bytes);

    const [first, second] = loadTwice(copy);

    assert.equal(second.message, first.message);
    const [, reason] = first.message.split('The loader said: ');
    assert.doesNotMatch(reason, /Cannot find module/);
    assert.match(first.message, /cannot be loaded/);
    assert.doesNotMatch(first.message, /should have been installed/);
    assert.ok(first.cause instanceof Error);
  });
}

test('a C library that is too old is the reason, not what else was tried', (t) => {
  const { copy, binary } = install(t);
  const platform = path.dirname(binary);
  fs.writeFileSync(
    path.join(platform, 'loads.js'),
    "throw new Error('version `GLIBC_2.99 not found')",
  );
  fs.writeFileSync(
    path.join(platform, 'package.json'),
    JSON.stringify({ version: '0.0.0', main: 'loads.js' }),
  );

  for (const { message } of loadTwice(copy)) {
    assert.match(message, /The loader said: version `GLIBC_2\.99 not found$/);
  }
});

test('import fails as require does, each time', async (t) => {
  const { copy, binary } = install(t);
  fs.writeFileSync(binary, '');
  const url = pathToFileURL(path.join(copy, 'wrapper.mjs')).href;

  await assert.rejects(import(url), { code: CODE });
  await assert.rejects(import(url), { code: CODE });
});

test('a worker gets the same error, and the main thread after it', async (t) => {
  const { copy, binary } = install(t);
  fs.writeFileSync(binary, '');

  const inWorkers = [await loadInWorker(copy), await loadInWorker(copy)];

  const [{ message }] = loadTwice(copy);
  for (const error of inWorkers) {
    assert.deepEqual(error, { code: CODE, message });
  }
});

test('once the binary is there, the next attempt succeeds', (t) => {
  const { copy, binary } = install(t);
  const away = `${binary}.away`;
  fs.renameSync(binary, away);
  const program = `
    try { require(${JSON.stringify(copy)}) } catch ({ code }) { console.log(code) }
    require('node:fs').renameSync(...${JSON.stringify([away, binary])});
    console.log(require(${JSON.stringify(copy)}).name)`;

  const said = execFileSync(process.execPath, ['-e', program], {
    encoding: 'utf8',
  });

  assert.equal(said, `${CODE}\nWebSocket\n`);
});

for (const [platform, arch] of [
  ['linux', 'mips'],
  ['aix', 'ppc64'],
  ['openbsd', 'x64'],
]) {
  test(`there is no package for ${platform} on ${arch}, and the error says so`, (t) => {
    const { copy } = install(t);
    pretend(t, { platform, arch });

    for (const { message } of loadTwice(copy)) {
      assert.match(message, new RegExp(`works on ${platform}-${arch}`));
      assert.match(message, /no package for this platform/);
      assert.match(message, /npm run build/);
    }
  });
}

function install(t) {
  const [copy] = installCopies(t, ['ws'], 'shared');
  return { copy, binary: binaryInstalledFor(copy) };
}

function loadTwice(copy) {
  return [load(copy), load(copy)];
}

function load(copy) {
  try {
    require(copy);
  } catch (error) {
    assert.equal(error.code, CODE, error.stack);
    return error;
  }
  return assert.fail('it was loaded');
}

async function loadInWorker(copy) {
  const program = `
    const { parentPort, workerData } = require('node:worker_threads');
    try {
      require(workerData);
    } catch ({ code, message }) {
      parentPort.postMessage({ code, message });
    }`;
  const worker = new Worker(program, { eval: true, workerData: copy });
  const [error] = await eventOf(worker, 'message');
  await worker.terminate();
  return error;
}

function pretend(t, properties) {
  for (const [name, value] of Object.entries(properties)) {
    const before = Object.getOwnPropertyDescriptor(process, name);
    Object.defineProperty(process, name, { ...before, value });
    t.after(() => Object.defineProperty(process, name, before));
  }
}
