'use strict';

/*
 * `npm run fuzz:api`: random calls of the API with random arguments, for as long as one likes. `npm test` makes a few
 * seconds of them.
 *
 *   npm run fuzz:api -- --minutes 10          ten minutes on each driver
 *   npm run fuzz:api -- --driver stream       on that driver (may be given more than once)
 *   npm run fuzz:api -- --seed 7              from that seed on
 */

const { playOnDrivers } = require('./test/play-on-drivers');
const { DRIVERS } = require('./test/suites');

playOnDrivers({
  program: '__test__/fuzz/main.js',
  usual: Object.keys(DRIVERS),
  options: ['seed'],
});
