'use strict';

const assert = require('node:assert/strict');
const EventEmitter = require('node:events');
const { test } = require('node:test');
const { connect, startServer, testInRoles } = require('./support/connections');
const { WebSocket: Subject } = require('./support/subject');
const { eventOf } = require('./support/waiting');

testInRoles("a WebSocket's own emit() sees messages", async (t, role) => {
  const { subject, peer } = await connect(t, role);
  const seen = [];
  const { emit } = subject;
  subject.on('message', () => {});
  subject.emit = function (name, ...args) {
    seen.push(name);
    return emit.call(this, name, ...args);
  };
  const heard = eventOf(subject, 'message');

  peer.send('hello');

  await heard;
  assert.deepEqual(seen, ['message']);
});

test('the emit() of a class that extends WebSocket sees messages', async (t) => {
  const seen = [];
  class Watched extends Subject {
    emit(name, ...args) {
      seen.push(name);
      return super.emit(name, ...args);
    }
  }
  const { wss, url } = await startServer(t, Subject);
  wss.on('connection', (ws) => ws.send('hello'));
  const client = new Watched(url);
  t.after(() => client.terminate());

  await eventOf(client, 'message');

  assert.equal(seen.at(-1), 'message');
});

testInRoles(
  'an emit() that all emitters get while messages come sees them',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const seen = [];
    const { emit } = EventEmitter.prototype;
    t.after(() => (EventEmitter.prototype.emit = emit));
    EventEmitter.prototype.emit = function (name, ...args) {
      if (this === subject) seen.push(name);
      return emit.call(this, name, ...args);
    };
    const heard = eventOf(subject, 'message');

    peer.send('hello');

    await heard;
    assert.deepEqual(seen, ['message']);
  },
);

testInRoles(
  'a rejected message listener is an error event with captureRejections',
  async (t, role) => {
    EventEmitter.captureRejections = true;
    t.after(() => (EventEmitter.captureRejections = false));
    const { subject, peer } = await connect(t, role);
    const failure = new Error('from the listener');
    subject.on('message', async () => {
      throw failure;
    });
    const reported = eventOf(subject, 'error');

    peer.send('hello');

    const [error] = await reported;
    assert.equal(error, failure);
  },
);

testInRoles(
  'message listeners are called with the WebSocket, in their order, and may go',
  async (t, role) => {
    const { subject, peer } = await connect(t, role);
    const calls = [];
    const twice = (name) =>
      function (data, isBinary) {
        assert.equal(this, subject);
        assert.equal(arguments.length, 2);
        calls.push(`${name} ${data} ${isBinary}`);
      };
    const last = new Promise((resolve) => {
      subject.on('message', (data) => `${data}` === 'end' && resolve());
    });
    const first = twice('first');
    subject.prependListener('message', first);
    subject.prependOnceListener('message', twice('once'));
    subject.on('message', (data) => {
      if (`${data}` === 'b') subject.removeListener('message', first);
    });

    for (const text of ['a', 'b', 'c']) peer.send(text);
    peer.send('end');

    await last;
    assert.deepEqual(calls, ['once a false', 'first a false', 'first b false']);
  },
);
