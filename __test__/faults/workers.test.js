'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { terminateWorkers } = require('./terminate-workers');

const TIMES = 32;

test(
  `${TIMES} workers that are terminated amid traffic leave nothing behind`,
  { skip: process.platform !== 'linux' },
  async () => {
    const { terminated, before, after } = await terminateWorkers(TIMES, 1);

    assert.equal(terminated, TIMES);
    assert.equal(after.sockets, before.sockets);
    // On some drivers one of our own I/O threads starts late.
    assert.ok(after.threads <= before.threads + 2, `${after.threads} threads`);
  },
);
