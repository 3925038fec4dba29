'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { SeededRandom } = require('../support/random');
const { ROLES } = require('../support/traffic/generated');
const { Stage } = require('../support/traffic/stage');
const { FAULTS } = require('../support/traffic/weather');
const { until } = require('../support/waiting');

/** In which states of a connection things happen, on the way to the server (up) and back (down). */
const STATES = {
  'before the first byte of the handshake': 0,
  'within the handshake': 100,
  'at the end of the handshake': 'behind the handshake',
  'within a frame': 'within a frame',
  'between the fragments of a message': 'between fragments',
  'in front of the close frame': 'before the close frame',
  'behind the close frame': 'behind the close frame',
};

/** A byte at a time, each of which is read by itself. */
const BYTE_BY_BYTE = { pieceSize: () => 1, delay: () => 0 };
/** Everything that comes within two turns at once. */
const MERGED = { hold: 100_000 };

for (const role of ['server', 'client']) {
  for (const [state, place] of Object.entries(STATES)) {
    test(`whatever happens ${state} [${role}]`, async (t) => {
      const stage = await startStage(t, role);
      const weathers = ['up', 'down'].flatMap((line) =>
        [
          ...FAULTS.map((fault) => ({ fault, faultAt: place })),
          { stallAt: place, stallFor: 20 },
          { ...BYTE_BY_BYTE, stallAt: place, stallFor: 5 },
          { ...BYTE_BY_BYTE, faultAt: place, fault: 'half-close' },
          { ...MERGED, faultAt: place, fault: 'reset' },
        ].map((plan) => ({ [line]: plan })),
      );

      const endings = ['client', 'server'];
      const played = weathers.flatMap((weather) =>
        endings.map(async (by) => {
          const result = await stage.play(chatEndedBy(by), weather);
          const what = JSON.stringify({ weather, by });
          assert.deepEqual(result.problems, [], what);
          const hasFault = 'fault' in (weather.up ?? weather.down);
          assert.equal(result.proxy.hasCut, hasFault, what);
        }),
      );

      await Promise.all(played);
      await stage.close();
    });
  }

  for (const fault of FAULTS) {
    test(`${fault} of an idle connection [${role}]`, async (t) => {
      const stage = await startStage(t, role);
      const plan = { ...chatEndedBy('nobody'), id: 'idle' };
      const act = stage.begin(plan, {});
      await until(
        () => act.counts().every((count) => count === MESSAGES),
        'the messages did not arrive',
      );

      act.proxy.strike(fault);

      const { problems, client, server } = await act.result;
      assert.deepEqual(problems, []);
      assert.deepEqual([client.code, server.code], [1006, 1006]);
      await stage.close();
    });

    test(`${fault} while much waits to be sent [${role}]`, async (t) => {
      const stage = await startStage(t, role);
      const plan = {
        ...chatEndedBy('nobody'),
        client: flow(40, () => 400_000),
        server: flow(40, () => 400_000),
      };
      const dam = { stallAt: 300_000, stallFor: 60_000 };
      const act = stage.begin(plan, { up: dam, down: { ...dam } });
      await until(
        () => act.waiting().every((bytes) => bytes > 0),
        'nothing waits to be sent',
      );

      act.proxy.strike(fault);

      const { problems } = await act.result;
      assert.deepEqual(problems, []);
      await stage.close();
    });
  }
}

/** What each end sends. */
const MESSAGES = 6;

/** Some messages in both directions, one of which is in fragments, and an end. */
function chatEndedBy(by) {
  return {
    id: `${++lastId}`,
    kind: 'chat',
    deflate: false,
    ending: { by, how: 'close', amid: false, code: 1000 },
    client: flow(MESSAGES, (i) => i * 40),
    server: flow(MESSAGES, (i) => i * 40),
  };
}

let lastId = 0;

function flow(messages, sizeOf) {
  let i = 0;
  return {
    messages,
    burst: messages,
    gap: 1,
    size: () => sizeOf(++i),
    slow: false,
    random: new SeededRandom(FRAGMENTS_IN_THE_MIDDLE),
  };
}

/** A seed with which the third and the sixth message are sent in fragments. */
const FRAGMENTS_IN_THE_MIDDLE = 2;

async function startStage(t, role) {
  const stage = new Stage(ROLES[role]);
  t.after(() => stage.abandon());
  await stage.start();
  return stage;
}
