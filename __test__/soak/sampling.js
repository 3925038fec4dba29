'use strict';

const { countThreads, descriptorsOf } = require('../support/descriptors');

/**
 * Answers the parent process whenever it asks what this one uses, and ends with it.
 *
 * @param {() => number} countOpen how many connections are open
 */
function answerSamples(countOpen) {
  process.on('disconnect', () => process.exit());
  process.on('message', ({ type, quiet }) => {
    if (type !== 'sample') return;
    const take = () => process.send({ type: 'sample', ...sample(), quiet });
    const sample = () => takeSample(countOpen());
    if (!quiet) return take();
    // Finalizers run after a collection, and may let go of more.
    global.gc();
    setTimeout(take, 200);
  });
}

module.exports = { answerSamples };

function takeSample(open) {
  global.gc();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const descriptors = descriptorsOf('self');

  return {
    open,
    memory: { rss, heapUsed, external, arrayBuffers },
    cpu: (user + system) / 1e6,
    descriptors: descriptors.length,
    sockets: descriptors.filter((target) => target.startsWith('socket')).length,
    threads: countThreads('self'),
  };
}
