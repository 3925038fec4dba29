'use strict';

/*
 * `npm start`: the set-up, then the example server in this same process, so that Ctrl-C reaches it directly.
 */

const { setUp } = require('./setup');

setUp();
require('../examples/chat/server');
