'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const PendingPongs = require('../lib/pending-pongs');

test('pongs that were written on an I/O thread are forgotten on the loop', () => {
  const counts = { acceptedBytes: 10_000_000, writtenBytes: 0 };
  const pongs = new PendingPongs(counts);
  for (let i = 0; i < 50; i++) {
    counts.acceptedBytes += 2;
    pongs.add();
  }

  // The loop counts what has been compressed, and not what that was before.
  counts.acceptedBytes = counts.writtenBytes = 1000;
  for (let i = 0; i < 500; i++) {
    counts.acceptedBytes += 2;
    pongs.add();
    counts.writtenBytes = counts.acceptedBytes;
  }

  assert.equal(pongs.areTooMany(1000), false);
  assert.deepEqual(pongs._queued, []);
});
