'use strict';

/*
 * The clients of the soak: opens connections at the pace that it is told, some of them by hand, and a few that last as
 * long as the run. Runs as a child of run.js.
 */

const { parseArgs } = require('node:util');
const { WebSocket: OfWs } = require('ws');

const { WebSocket } = require('../support/subject');
const { ConnectionEnd } = require('../support/traffic/connection-end');
const { planOf } = require('../support/traffic/plans');
const { runRawClient } = require('./raw-client');
const { answerSamples } = require('./sampling');

const TICK_MS = 50;
/** Those that last as long as the run. */
const STEADY = 8;
/** More than this are not open at a time. */
const MOST = 100;

const { values } = parseArgs({
  options: { seed: { type: 'string' }, doors: { type: 'string' } },
});
const seed = Number(values.seed);
const doors = JSON.parse(values.doors);

const steady = [];
let open = 0;
let lastId = 0;
let pace = 0;
let credit = 0;
let draining = false;

answerSamples(() => open);
for (let id = -STEADY; id < 0; id++) steady.push(start(planOf(seed, id)));
const ticking = setInterval(openSome, TICK_MS);

process.on('message', (message) => {
  if (message.type === 'pace') {
    pace = message.pace;
    draining = false;
  } else if (message.type === 'drain') {
    draining = true;
    tellIfQuiet();
  } else if (message.type === 'finish') {
    clearInterval(ticking);
    for (const end of steady) end.finish();
  }
});

function openSome() {
  if (draining) return;
  credit = Math.min(credit + (pace * TICK_MS) / 1000, MOST);
  for (; credit >= 1 && open < MOST; credit--) start(planOf(seed, ++lastId));
}

function start(plan) {
  open++;
  const target = `/?seed=${seed}&id=${plan.id}`;
  const byHand = plan.kind === 'raw' || plan.kind === 'early';
  if (byHand && (plan.kind === 'raw' || plan.client.random.chance(0.5))) {
    const door = plan.door === 'tls' ? 'native' : plan.door;
    return runRawClient(doors[door], target, plan, hasEnded);
  }

  const scheme = plan.door === 'tls' ? 'wss' : 'ws';
  const Client = plan.ofWs ? OfWs : WebSocket;
  const client = new Client(
    `${scheme}://127.0.0.1:${doors[plan.door]}${target}`,
    {
      perMessageDeflate: plan.deflate ? { threshold: 0 } : false,
      rejectUnauthorized: false,
      closeTimeout: 120_000,
    },
  );
  const end = new ConnectionEnd(client, plan, 'client', hasEnded);
  if (plan.kind === 'early') {
    setTimeout(() => client.terminate(), plan.client.random.between(0, 5));
  }
  return end;
}

function hasEnded(account) {
  process.send({ type: 'ended', account });
  if (account.late) return;
  open--;
  tellIfQuiet();
}

function tellIfQuiet() {
  if (draining && open <= STEADY) process.send({ type: 'quiet' });
}
