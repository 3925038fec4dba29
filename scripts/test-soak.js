'use strict';

/*
 * `npm run soak`: mixed traffic between two processes for as long as one likes, every message
 * accounted for, memory and descriptors watched.
 *
 *   npm run soak -- --minutes 30                     half an hour on each driver, one after the other
 *   npm run soak -- --minutes 30 --driver stream     on that driver (may be given more than once)
 *   npm run soak -- --seed 7                         other traffic
 *   npm run soak -- --cpu 0.2                        slower: both processes together use a fifth of a processor
 *
 * Soaks on different drivers may run side by side.
 */

const { playOnDrivers } = require('./test/play-on-drivers');

playOnDrivers({
  program: '__test__/soak/run.js',
  usual: ['event_loop', 'io_threads', 'stream'],
  options: ['seed', 'cpu'],
  tellsDriver: true,
});
