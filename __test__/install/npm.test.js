'use strict';

const { testManager } = require('./support/manager-tests');
const { MANAGERS } = require('./support/managers');

testManager(MANAGERS.npm10);
testManager(MANAGERS.npm11);
