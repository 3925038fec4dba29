'use strict';

/*
 * `npm run test:differential`: generated scenarios against `ws` and hawser, for as long as one likes. `npm test`
 * plays a few seconds of them.
 *
 *   npm run test:differential -- --minutes 10             ten minutes on each driver
 *   npm run test:differential -- --driver stream          on that driver (may be given more than once)
 *   npm run test:differential -- --family traffic         only scenarios with that in their name
 *   npm run test:differential -- --seed 7                 from that seed on
 */

const { playOnDrivers } = require('./test/play-on-drivers');
const { DRIVERS } = require('./test/suites');

playOnDrivers({
  program: '__test__/differential/generated/run.js',
  usual: Object.keys(DRIVERS),
  options: ['family', 'seed'],
});
