'use strict';

const { testManager } = require('./support/manager-tests');
const { MANAGERS } = require('./support/managers');

testManager(MANAGERS.pnpm10);
testManager(MANAGERS.pnpm12);
