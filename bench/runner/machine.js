'use strict';

const fs = require('node:fs');
const os = require('node:os');

module.exports = { busyTime, describeMachine, threadTime };

/** @returns {number} seconds that the processors were not idle, together, since the system began */
function busyTime() {
  let busy = 0;

  for (const { times } of os.cpus()) {
    busy += times.user + times.nice + times.sys + times.irq;
  }
  return busy / 1000;
}

/**
 * @param {number} pid
 * @returns {number} seconds that the main thread of a process has run
 */
function threadTime(pid) {
  const [ran] = fs
    .readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8')
    .split(' ');

  return Number(ran) / 1e9;
}

/** @returns {string} the kind of machine, and nothing that tells which one */
function describeMachine() {
  const cpus = os.cpus();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  const kind = isVirtual() ? 'virtual machine' : 'machine';
  const [kernel] = /^\d+\.\d+/.exec(os.release()) ?? [os.release()];

  return (
    `a ${kind} with ${cpus.length} processors (${cpus[0].model.trim()}) and ` +
    `${memory} GiB of memory, Linux ${kernel}`
  );
}

function isVirtual() {
  return / hypervisor( |$)/m.test(fs.readFileSync('/proc/cpuinfo', 'utf8'));
}
