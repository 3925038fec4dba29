'use strict';

const { testInRoles } = require('../support/connections');
const { playGenerated } = require('../support/traffic/generated');

const SECONDS = 2;
const seed = Number(process.env.HAWSER_TEST_SEED ?? Date.now() & 0x7fffffff);

testInRoles(
  `whatever a network does, messages arrive once and in order, or the close says why (seed ${seed})`,
  async (t, role) => {
    const counts = await playGenerated(role, seed, SECONDS * 1000);
    t.diagnostic(JSON.stringify(counts));
  },
  ['server', 'client', 'both'],
);
