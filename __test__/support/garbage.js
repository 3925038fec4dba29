'use strict';

const v8 = require('node:v8');
const vm = require('node:vm');

v8.setFlagsFromString('--expose-gc');

/** Collects garbage now: what is in use then is really in use. */
module.exports = { collectGarbage: vm.runInNewContext('gc') };
