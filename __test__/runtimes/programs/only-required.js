'use strict';

// Loads the addon, and ends.

require('../../..');

console.log('only-required: done');
