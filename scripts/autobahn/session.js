'use strict';

const { setTimeout: wait } = require('node:timers/promises');

const { inRoot } = require('../setup/root');
const { LineProgram } = require('./line-program');
const { judge } = require('../../__test__/autobahn/judge/judge');
const {
  judgeNegotiation,
} = require('../../__test__/autobahn/judge/negotiation');
const { RecordingProxy } = require('../../__test__/autobahn/recording-proxy');

const ENDPOINTS = inRoot('__test__', 'autobahn', 'endpoints');

/** What these do is not laid down, so that kosoku does not judge it; we do. */
const INFORMATIONAL = new Set(['7.1.6', '7.13.1', '7.13.2']);

/** For one case. */
const CASE_SECONDS = 120;

/** For the last connections to end when all cases have. */
const GRACE_MS = 5_000;

/**
 * @typedef {object} Session
 * @property {{program: string, args: string[]}} kosoku
 * @property {'client' | 'server'} role of the endpoint that is judged
 * @property {string[]} cases
 * @property {object} environment of the endpoint
 * @property {number} concurrency how many cases are played at a time
 * @property {number} seconds after which the whole of it counts as hung
 *
 * @typedef {object} Failure
 * @property {string} id the case, or '' where it is not about one
 * @property {string} by who says so
 * @property {string} expected
 * @property {string} seen
 */

/**
 * Plays cases with an endpoint that echoes, in a process of its own. There are three that say what was wrong: kosoku,
 * our own judge, which looks at the bytes that came and went, and the endpoint itself.
 *
 * @param {Session} session
 * @returns {Promise<Failure[]>}
 */
async function play(session) {
  const isServer = session.role === 'server';
  const run = await (isServer ? playAgainstServer : playAgainstClient)(session);
  await ended(run.proxy);
  run.proxy.close();
  return [
    ...run.failures,
    ...session.cases.flatMap((id) => failuresOf(id, session, run)),
  ];
}

module.exports = { play };

async function playAgainstServer({ kosoku, cases, ...session }) {
  const { environment: env, concurrency, seconds } = session;
  const endpoint = new LineProgram(
    'the endpoint',
    process.execPath,
    [`${ENDPOINTS}/echo-server.js`],
    { env, seconds: seconds + 10 },
  );
  const { port } = await endpoint.firstReport();
  const { proxy, port: proxyPort } = await startProxy(port, 'server');
  const url = `ws://127.0.0.1:${proxyPort}`;
  const tester = new LineProgram(
    'kosoku',
    kosoku.program,
    [...kosoku.args, 'client', url, concurrency, CASE_SECONDS, ...cases],
    { seconds },
  );
  await tester.ended;
  await ended(proxy);
  await endpoint.finish();

  const failures = endsOf(tester, endpoint);
  if (!endpoint.failure) failures.push(...miscounted(endpoint, cases));
  return { proxy, failures, verdicts: byId(tester.reports), told: new Map() };
}

async function playAgainstClient({ kosoku, cases, ...session }) {
  const { environment: env, concurrency, seconds } = session;
  const tester = new LineProgram(
    'kosoku',
    kosoku.program,
    [...kosoku.args, 'server', ...cases],
    { seconds: seconds + 10 },
  );
  const { port, cases: inOrder } = await tester.firstReport();
  const { proxy, port: proxyPort } = await startProxy(port, 'client');
  const url = `ws://127.0.0.1:${proxyPort}`;
  const endpoint = new LineProgram(
    'the endpoint',
    process.execPath,
    [`${ENDPOINTS}/echo-client.js`, url, concurrency, CASE_SECONDS, ...inOrder],
    { env, seconds },
  );
  await endpoint.ended;
  const failures = endpoint.failure ? endsOf(endpoint) : [];
  // It was not told that this was all.
  if (endpoint.failure) tester.kill();
  await tester.ended;
  if (!endpoint.failure) failures.push(...endsOf(tester));

  return {
    proxy,
    failures,
    verdicts: byId(tester.reports),
    told: byId(endpoint.reports),
  };
}

async function startProxy(target, role) {
  const proxy = new RecordingProxy(target, { role, keepsBytes: isPlain });
  return { proxy, port: await proxy.listen() };
}

function failuresOf(id, { role }, { proxy, verdicts, told }) {
  const failures = [];
  const add = (by, { expected, seen }) =>
    failures.push({ id, by, expected, seen });

  const verdict = verdicts.get(id);
  if (!isOk(verdict)) add('kosoku', complaintOf(verdict));

  const recording = proxy.recordings.get(id);
  const complaint = recording
    ? (isPlain(id) ? judge : judgeNegotiation)(recording, role)
    : { expected: 'a connection', seen: 'none' };
  if (complaint) add('the judge', complaint);
  proxy.recordings.delete(id);

  const own = told.get(id) ?? { closes: 1, hung: role === 'client' };
  if (own.closes !== 1 || own.hung) {
    const seen = `${own.closes} of them${own.hung ? ', then it was given up' : ''}`;
    add('the client', { expected: "one 'close' event", seen });
  }
  return failures;
}

/** Sections 12 and 13 are compressed. */
function isPlain(id) {
  return !/^1[23]\./.test(id);
}

function isOk(verdict) {
  if (!verdict) return false;
  const allowed = INFORMATIONAL.has(verdict.id) ? 'INFORMATIONAL' : 'OK';
  return verdict.verdict === allowed && verdict.closeVerdict === allowed;
}

function complaintOf(verdict) {
  if (!verdict) return { expected: 'a verdict', seen: 'none' };
  const { closeVerdict = 'no end', expectation = 'an end', why = '' } = verdict;
  return {
    expected: expectation.replace(/<[^>]*>/g, ' '),
    seen: `${verdict.verdict}, close ${closeVerdict}: ${why}`,
  };
}

/** Those of the programs that did not end well. */
function endsOf(...programs) {
  return programs
    .filter(({ failure }) => failure)
    .map(({ name, failure }) => ({
      id: '',
      by: name,
      expected: 'an end of its own accord',
      seen: failure,
    }));
}

function miscounted({ name, reports }, cases) {
  const { connections, closes } = reports.at(-1);
  if (connections === closes && connections === cases.length) return [];
  return [
    {
      id: '',
      by: name,
      expected: `${cases.length} connections, each with one 'close' event`,
      seen: `${connections} connections, ${closes} 'close' events`,
    },
  ];
}

function byId(reports) {
  return new Map(reports.map((report) => [report.id, report]));
}

/** Waits for connections that are about to end; one that does not is the judge's. */
async function ended({ recordings }) {
  const deadline = performance.now() + GRACE_MS;
  const isOpen = ({ closed }) => !closed;
  while ([...recordings.values()].some(isOpen)) {
    if (performance.now() > deadline) return;
    await wait(20);
  }
}
