'use strict';

/*
 * `npm run test:faults`: generated connections through a proxy that splits, merges, delays, stalls, half-closes and
 * resets, for as long as one likes. `npm test` plays some seconds of them.
 *
 *   npm run test:faults -- --minutes 10              ten minutes on each driver
 *   npm run test:faults -- --driver stream           on that driver (may be given more than once)
 *   npm run test:faults -- --role client --seed 7    hawser as client only, from that seed on
 */

const { playOnDrivers } = require('./test/play-on-drivers');
const { DRIVERS } = require('./test/suites');

playOnDrivers({
  program: '__test__/faults/run.js',
  usual: Object.keys(DRIVERS),
  options: ['seed', 'role'],
});
