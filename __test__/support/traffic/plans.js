'use strict';

/*
 * What happens on a connection. Both ends make the same plan from the same two numbers, so that nothing
 * has to be agreed upon.
 */

const { SeededRandom } = require('../random');
const { LARGEST } = require('./messages');

/** How often each kind of connection comes. */
const KINDS = {
  small: 38,
  mixed: 18,
  big: 8,
  slow: 8,
  brief: 12,
  raw: 12,
  early: 4,
};

/**
 * @typedef {object} Flow what one end sends
 * @property {number} messages
 * @property {() => number} size of the next message
 * @property {number} burst how many go at once
 * @property {number} gap milliseconds between two bursts, at most
 * @property {boolean} slow whether this end reads slowly
 * @property {SeededRandom} random for all that is drawn while it goes on
 *
 * @typedef {object} Plan
 * @property {number} id
 * @property {string} kind
 * @property {'native' | 'http' | 'tls'} door which of the servers it goes to
 * @property {boolean} ofWs whether the client is one of `ws`
 * @property {boolean} deflate
 * @property {{ by: 'client' | 'server' | 'both', how: 'close' | 'terminate', amid: boolean, code: number }} ending
 * @property {Flow} client
 * @property {Flow} server
 */

/**
 * @param {number} seed of the run
 * @param {number} id of the connection; those below 0 last as long as the run
 * @returns {Plan}
 */
function planOf(seed, id) {
  const random = new SeededRandom(Math.imul(seed, 0x9e3779b1) ^ id);
  const kind = id < 0 ? 'steady' : kindFrom(random);
  const slowEnd = random.chance(0.5) ? 'client' : 'server';

  return {
    id,
    kind,
    door: doorFrom(random),
    ofWs: random.chance(0.15),
    deflate: random.chance(0.3),
    ending: endingFrom(random, kind),
    client: flowFrom(random, kind, slowEnd === 'client'),
    server: flowFrom(random, kind, slowEnd === 'server'),
  };
}

module.exports = { planOf };

function kindFrom(random) {
  const all = Object.values(KINDS).reduce((sum, weight) => sum + weight);
  let at = random.next() * all;
  for (const [kind, weight] of Object.entries(KINDS)) {
    at -= weight;
    if (at < 0) return kind;
  }
  return 'small';
}

function doorFrom(random) {
  if (random.chance(0.6)) return 'native';
  return random.chance(0.75) ? 'http' : 'tls';
}

function endingFrom(random, kind) {
  if (kind === 'steady') {
    return { by: 'nobody', how: 'close', amid: false, code: 1000 };
  }
  // The client goes away by itself, at any moment.
  if (kind === 'early') {
    return { by: 'client', how: 'terminate', amid: false, code: 1000 };
  }
  return {
    by: ['client', 'server', 'both'][random.between(0, 2)],
    how: random.chance(0.75) ? 'close' : 'terminate',
    amid: random.chance(0.4),
    code: [1000, 1001, 1011, 3000, 4999][random.between(0, 4)],
  };
}

function flowFrom(random, kind, slow) {
  const own = new SeededRandom(random.between(0, 0x7fffffff));
  const flow = {
    random: own,
    messages: 0,
    burst: own.between(1, 20),
    gap: own.between(0, 20),
    size: () => own.between(0, 300),
    slow: false,
  };

  switch (kind) {
    case 'steady':
      return { ...flow, messages: Infinity, burst: 2, gap: 400 };
    case 'small':
    case 'raw':
      return { ...flow, messages: own.between(1, 200) };
    case 'mixed':
      return {
        ...flow,
        messages: own.between(5, 60),
        size: () => Math.floor(70_000 ** own.next()),
      };
    case 'big':
      return {
        ...flow,
        messages: own.between(1, 3),
        burst: own.between(1, 3),
        size: () => Math.floor(LARGEST * own.next() ** 3),
      };
    case 'slow':
      return slow
        ? { ...flow, messages: own.between(0, 20), slow }
        : {
            ...flow,
            messages: own.between(10, 40),
            size: () => own.between(10_000, 100_000),
          };
    default:
      return { ...flow, messages: own.between(0, 2), gap: 0 };
  }
}
