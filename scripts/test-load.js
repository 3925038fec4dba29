'use strict';

/*
 * `npm run test:load`: ten thousand connections at once, all of which echo; none may be dropped. Each process needs as
 * many descriptors (`ulimit -n`).
 *
 *   npm run test:load                                  a minute on each driver
 *   npm run test:load -- --driver auto --minutes 10    on that driver, for longer
 *   npm run test:load -- --connections 1000
 */

const { playOnDrivers } = require('./test/play-on-drivers');

playOnDrivers({
  program: '__test__/load/run.js',
  usual: ['event_loop', 'io_threads', 'stream', 'auto'],
  options: ['connections'],
  tellsDriver: true,
});
