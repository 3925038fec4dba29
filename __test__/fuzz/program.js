'use strict';

/*
 * Plays plans, one after the other, and says of each whether what it made is gone again. Ends by itself.
 *
 *   node --expose-gc __test__/fuzz/program.js --seed 5 --count 10
 *   node --expose-gc __test__/fuzz/program.js --plan '[["startServer",1],["connect",2]]'
 */

const fs = require('node:fs');
const { setTimeout: wait } = require('node:timers/promises');
const { parseArgs } = require('node:util');

const { OPERATIONS } = require('./operations');
const { makePlan } = require('./plan');
const { countConnections } = require('./native-connections');
const { Hostile } = require('./values');
const { World } = require('./world');

/** What may pass until everything that was made is gone. */
const PATIENCE_MS = 10_000;

const openConnections = countConnections();

let world = null;

process.on('uncaughtException', (error, origin) => {
  if (error instanceof Hostile) return;
  // A plan transfers memory that others of its messages, or Node's streams, are views of.
  if (/detached ArrayBuffer/.test(error?.message)) return;
  world?.fault(`${origin}: ${error?.stack ?? String(error)}`);
});

main();

async function main() {
  const { seed, count, plan } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      count: { type: 'string', default: '1' },
      plan: { type: 'string' },
    },
  }).values;

  if (plan !== undefined) {
    await play('plan', JSON.parse(plan));
    return;
  }
  const first = Number(seed);
  for (let each = first; each < first + Number(count); each++) {
    if (!(await play(each, makePlan(each)))) return;
  }
}

async function play(name, plan) {
  process.stdout.write(`begin ${name}\n`);
  const descriptors = openDescriptors();
  world = new World(OPERATIONS);
  for (const step of plan) await world.step(step);
  await world.end();
  const left = await settle(descriptors);
  if (left !== null) world.fault(`left over: ${left}`);

  const { calls, thrown, faults } = world;
  for (const fault of faults) process.stdout.write(`fault ${fault}\n`);
  process.stdout.write(`end ${name} ${calls} ${thrown}\n`);
  if (faults.length > 0) process.exitCode = 1;
  world.forget();
  return faults.length === 0;
}

/** @returns {Promise<string | null>} what is still there when patience ends */
async function settle(descriptors) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const left = whatIsLeft(descriptors);
    if (left === null || Date.now() > deadline) return left;
    await wait(5);
  }
}

function whatIsLeft(descriptors) {
  const open = world.open();
  if (open !== null) return open;

  // What a program has let go of is closed when it is collected.
  world.receivers.length = world.senders.length = world.deflates.length = 0;
  world.streams.length = 0;
  let connections = openConnections();
  if (connections > 0) {
    globalThis.gc?.();
    connections = openConnections();
  }
  if (connections > 0) return `${connections} native connections`;
  const more = openDescriptors() - descriptors;
  return more > 0 ? `${more} sockets` : null;
}

/** Sockets of the process, where the system tells. */
function openDescriptors() {
  const folder = '/proc/self/fd';
  if (!fs.existsSync(folder)) return 0;
  return fs.readdirSync(folder).filter((name) => {
    try {
      return fs.readlinkSync(`${folder}/${name}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}
