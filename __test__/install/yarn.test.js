'use strict';

const { testManager } = require('./support/manager-tests');
const { MANAGERS } = require('./support/managers');

testManager(MANAGERS.yarn1);
testManager(MANAGERS.yarn4);
testManager(MANAGERS.yarn4WithPnp);
