'use strict';

const fs = require('node:fs');

/**
 * @param {number | 'self'} pid
 * @returns {number} how many sockets a process has open (Linux)
 */
function countSockets(pid) {
  return descriptorsOf(pid).filter((target) => target.startsWith('socket'))
    .length;
}

/**
 * @param {number | 'self'} pid
 * @returns {string[]} what the descriptors of a process are (Linux)
 */
function descriptorsOf(pid) {
  const folder = `/proc/${pid}/fd`;
  return fs.readdirSync(folder).flatMap((descriptor) => {
    try {
      return [fs.readlinkSync(`${folder}/${descriptor}`)];
    } catch {
      return []; // Closed meanwhile.
    }
  });
}

/**
 * @param {number | 'self'} pid
 * @returns {number} how many threads a process has (Linux)
 */
function countThreads(pid) {
  return fs.readdirSync(`/proc/${pid}/task`).length;
}

module.exports = { countSockets, countThreads, descriptorsOf };
