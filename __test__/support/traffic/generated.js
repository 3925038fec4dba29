'use strict';

const Peer = require('ws');

const { WebSocket: Subject } = require('../subject');
const { SeededRandom } = require('../random');
const { planOf } = require('./plans');
const { Stage } = require('./stage');
const { weatherFrom } = require('./weather');

/** Who is at which end. */
const ROLES = {
  server: { Server: Subject, Client: Peer },
  client: { Server: Peer, Client: Subject },
  both: { Server: Subject, Client: Subject },
};
/** So many connections are played at a time. */
const AT_ONCE = 24;

/**
 * Plays connections through bad weather until the time is up.
 *
 * @param {string} role of the implementation under test
 * @param {number} seed
 * @param {number} milliseconds
 * @returns {Promise<{ played: number, messages: number, cut: number }>}
 * @throws if one does not add up: the error says which, `HAWSER_TEST_SEED` and its number play it again
 */
async function playGenerated(role, seed, milliseconds) {
  const stage = new Stage(ROLES[role]);
  await stage.start();
  const deadline = performance.now() + milliseconds;
  const counts = { played: 0, messages: 0, cut: 0 };
  let id = 0;

  const players = await Promise.allSettled(
    Array.from({ length: AT_ONCE }, playOn),
  );
  const failed = players.find(({ status }) => status === 'rejected');
  if (failed) stage.abandon();
  else await stage.close();
  if (failed) throw failed.reason;
  return counts;

  async function playOn() {
    while (performance.now() < deadline)
      count(await playOne(stage, seed, id++));
  }

  function count({ client, server, proxy }) {
    counts.played++;
    counts.messages += client.received + (server?.received ?? 0);
    if (proxy.hasCut) counts.cut++;
  }
}

module.exports = { ROLES, playGenerated };

async function playOne(stage, seed, id) {
  const weather = weatherFrom(new SeededRandom(Math.imul(seed, 31) ^ id));
  const result = await stage.play(planOf(seed, id), weather);
  if (result.problems.length > 0) {
    throw new Error(
      `connection ${id} of seed ${seed}: ${result.problems.join('; ')}`,
    );
  }
  return result;
}
