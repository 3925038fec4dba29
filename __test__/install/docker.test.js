'use strict';

// What of examples/docker can be tried without Docker: what its `npm install` lines install, and the server.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { test } = require('node:test');
const Peer = require('ws');
const { MANAGERS, install } = require('./support/managers');
const { makeProject, packagesOfPlatforms } = require('./support/projects');
const { fromThisClone } = require('./support/situation');

const EXAMPLE = path.join(__dirname, '..', '..', 'examples', 'docker');
const CPU_OF_TARGETARCH = '"$(echo "$TARGETARCH" | sed s/amd64/x64/)"';
const { npm11 } = MANAGERS;
const manifest = JSON.parse(
  fs.readFileSync(path.join(EXAMPLE, 'package.json'), 'utf8'),
);

const MUSL = ['--os=linux', '--libc=musl'];
/** What npm finds out in the image, or the build's argument, and the package that comes of it. */
const IMAGES = [
  { name: 'slim', platform: fromThisClone },
  { name: 'alpine', found: [...MUSL, '--cpu=x64'], platform: 'linux-x64-musl' },
  {
    name: 'alpine',
    found: [...MUSL, '--cpu=arm64'],
    platform: 'linux-arm64-musl',
  },
  { name: 'cross', targetArch: 'amd64', platform: 'linux-x64-musl' },
  { name: 'cross', targetArch: 'arm64', platform: 'linux-arm64-musl' },
];

for (const { name, found = [], targetArch, platform } of IMAGES) {
  test(`${name}.Dockerfile installs ${platform}`, async () => {
    const project = makeProject(manifest);
    const args = argumentsOfNpm(name, targetArch);

    await install(npm11, project, [...args, ...found]);

    assert.deepEqual(packagesOfPlatforms(project), [platform]);
  });
}

test('the server echoes, is healthy, and ends when it is asked to', async (t) => {
  const project = makeProject(manifest);
  fs.copyFileSync(
    path.join(EXAMPLE, 'server.js'),
    path.join(project, 'server.js'),
  );
  await install(npm11, project, argumentsOfNpm('slim'));
  const child = spawn(process.execPath, ['server.js'], {
    cwd: project,
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  const [, address] = /^Listening on (.*)\n/.exec(line);

  const [response] = await once(
    http.get(`http://${address}/health`),
    'response',
  );
  response.resume();
  assert.equal(response.statusCode, 204);
  const client = new Peer(`ws://${address}/`);
  await once(client, 'open');
  client.send('to the container');
  assert.equal(String((await once(client, 'message'))[0]), 'to the container');

  child.kill('SIGTERM');

  assert.equal((await once(client, 'close'))[0], 1001);
  assert.deepEqual(await exited, [0, null]);
});

/** What follows `RUN npm` in a Dockerfile, with the build's argument in it. */
function argumentsOfNpm(name, targetArch) {
  const file = path.join(EXAMPLE, `${name}.Dockerfile`);
  const [, command] = /^RUN npm ((?:.*\\\n)*.*)$/m.exec(
    fs.readFileSync(file, 'utf8'),
  );
  const args = command
    .replaceAll('\\\n', ' ')
    .replace(CPU_OF_TARGETARCH, targetArch === 'amd64' ? 'x64' : targetArch)
    .split(/\s+/);
  // Nothing is left for a shell.
  assert.doesNotMatch(args.join(' '), /[$"|]/);
  return args;
}
