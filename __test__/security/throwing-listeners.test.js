'use strict';

// A listener throws and the process goes on, because it listens to `uncaughtException`: nothing is
// lost, told twice or left open, and other connections do not notice.

const assert = require('node:assert/strict');
const http = require('node:http');
const { test } = require('node:test');
const { runProgram } = require('../support/programs');
const { isControl } = require('../support/subject');

const TRAFFIC = [
  'sent true',
  'message one',
  'ping two',
  'pong three',
  'message four',
];

const cases = [
  ['message', { times: 2, isLostByWs: true }],
  ['ping', { isLostByWs: true }],
  ['pong', { isLostByWs: true }],
  ['close'],
  ['error', { end: ['error', 'close'] }],
  ['connection', { roles: ['server'] }],
  ['headers', { roles: ['server'], all: ['headers'], isLostByWs: true }],
  ['wsClientError', { roles: ['server'], all: ['wsClientError'] }],
  ['open', { roles: ['client'] }],
  ['upgrade', { roles: ['client'], all: ['upgrade'], isLostByWs: true }],
  ['redirect', { roles: ['client'], all: ['redirect'], isLostByWs: true }],
  ['unexpected-response', { roles: ['client'], all: ['unexpected-response'] }],
];

for (const [event, options = {}] of cases) {
  const { all, end = ['close'], isLostByWs, roles, times = 1 } = options;

  for (const role of roles ?? ['server', 'client']) {
    test(`a listener of '${event}' throws [${role}]`, async (t) => {
      // There the connection is stuck.
      if (isControl && isLostByWs) return;

      const program = runProgram(t, 'throwing-everywhere', role, event);
      const { code, stdout, stderr } = await program.ended;

      assert.equal(code, 0, stderr);
      const { first, second } = JSON.parse(stdout);
      assert.deepEqual(first.caught, Array(times).fill(`thrown by ${event}`));
      assert.deepEqual(
        // Whether the end of a handshake is told depends on how far it had come.
        first.events.filter((it) => !all || all.includes(it)),
        all ?? [...beginning(role), ...TRAFFIC, ...end],
      );
      // The next connection has nothing of that.
      assert.deepEqual(second.caught, []);
      if (event !== 'wsClientError') {
        const rest = second.events.slice(-TRAFFIC.length - end.length);
        assert.deepEqual(rest, [...TRAFFIC, ...end]);
      }
    });
  }
}

if (!isControl) {
  const { WebSocketServer } = require('../..');
  const { exchange } = require('../support/raw-http');
  const { listen } = require('../support/servers');
  const { upgradeRequest } = require('../support/upgrade-request');

  for (const [what, options] of [
    ['verifyClient', { verifyClient: thrower }],
    ['handleProtocols', { handleProtocols: thrower }],
  ]) {
    test(`a socket whose ${what} has thrown is not left open`, async (t) => {
      const server = http.createServer();
      const wss = new WebSocketServer({ server, ...options });
      const [onUpgrade] = server.listeners('upgrade');
      server.removeAllListeners('upgrade');
      let thrown = 0;
      // In place of `uncaughtException`, which would fail the test.
      server.on('upgrade', (...args) => {
        try {
          onUpgrade(...args);
        } catch {
          thrown++;
        }
      });
      const port = await listen(t, server);

      for (let i = 0; i < 3; i++) {
        const request = upgradeRequest({ 'Sec-WebSocket-Protocol': 'a' });
        const { status, ended } = await exchange(t, port, request);
        assert.equal(status, 0);
        assert.ok(ended);
      }

      assert.equal(thrown, 3);
      assert.equal(wss.clients.size, 0);
    });
  }
}

function thrower() {
  throw new Error('thrown by a hook');
}

/** What comes before anything is sent. */
function beginning(role) {
  return role === 'server' ? ['connection'] : ['upgrade', 'open'];
}
