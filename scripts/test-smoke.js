'use strict';

/*
 * `npm run test:smoke`: the checks of `__test__/platforms` with the binary in the top folder, which is left to the loader to
 * find, by the Node.js that runs this. Of the packages they need `ws` alone, so that it can be run in any container that has
 * Node.js.
 *
 *   npm run test:smoke -- linux-arm64-musl   fails unless that is where it runs
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { runSmoke } = require('./platforms/tests');
const { inRoot } = require('./setup/root');

main(process.argv[2]);

async function main(platform) {
  const binary = `hawser.${platform}.node`;
  if (!fs.existsSync(inRoot(binary))) {
    console.error(`There is no ${binary}.`);
    process.exitCode = 1;
    return;
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hawser-smoke-'));
  const { passed, failed } = await runSmoke(
    { node: process.versions.node, platform },
    { file: process.execPath, env: {} },
    undefined,
    folder,
  );
  fs.rmSync(folder, { recursive: true });
  console.log(
    `${platform}, Node.js ${process.version}: ${passed} passed, ${failed} failed`,
  );
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
