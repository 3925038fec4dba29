'use strict';

// Prints what a dependency gets for `ws`.

const { createRequire } = require('node:module');

const dependency = createRequire(require.resolve('engine.io-client'));
const { name } = dependency('ws/package.json');
console.log(name, typeof dependency('ws').configure);
