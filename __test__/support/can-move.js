'use strict';

const os = require('node:os');

/**
 * Whether connections move to I/O threads when there is much to do, in the
 * environment of this process. In a `restless` one they move without that, too.
 */
module.exports =
  process.platform === 'linux' &&
  os.availableParallelism() > 1 &&
  process.env.HAWSER_TAKEOVER !== '0' &&
  process.env.HAWSER_RESTLESS !== '1';
