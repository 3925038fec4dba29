'use strict';

const { OPCODE, closePayload } = require('../../support/frames');

const BOTH = ['server', 'client'];
const EVENTS = ['data', 'end', 'error', 'finish', 'close', 'drain', 'pause'];

const OPTIONS = {
  none: undefined,
  readableObjectMode: { readableObjectMode: true },
  'writableObjectMode and objectMode': {
    objectMode: true,
    writableObjectMode: true,
  },
  'decodeStrings: false': { decodeStrings: false },
  'an encoding': { encoding: 'hex' },
  'a default encoding': { defaultEncoding: 'latin1' },
  'allowHalfOpen: false': { allowHalfOpen: false },
  'autoDestroy and emitClose': { autoDestroy: true, emitClose: true },
  'small high-water marks': {
    readableHighWaterMark: 2,
    writableHighWaterMark: 2,
  },
  'one high-water mark': { highWaterMark: 3 },
  'readable: false': { readable: false },
  'methods of its own': { write() {}, read() {}, final() {}, destroy() {} },
};

const STATE = [
  'readableObjectMode',
  'writableObjectMode',
  'readableHighWaterMark',
  'writableHighWaterMark',
  'allowHalfOpen',
  'readable',
  'writable',
  'destroyed',
];

module.exports = [
  ...Object.entries(OPTIONS).map(([title, options]) => ({
    name: `options: ${title}`,
    roles: BOTH,
    async play(t) {
      const { duplex, raw } = await open(t, { options });
      t.properties(duplex, STATE);
      t.note('state', duplex._writableState.decodeStrings);
      if (title !== 'readable: false') {
        raw.send(
          { opcode: OPCODE.TEXT, payload: 'text €' },
          { opcode: OPCODE.BINARY, payload: 'bytes' },
        );
        await t.until('duplex data', { count: 2 });
      }
      t.call('string', () => duplex.write('é', t.callback('one')));
      t.call('hex', () => duplex.write('6869', 'hex', t.callback('two')));
      t.call('Buffer', () => duplex.write(Buffer.from('b'), t.callback('3')));
      t.call('number', () => attempt(() => duplex.write(5)));
      t.call('object', () => attempt(() => duplex.write({})));
      await t.until('3 called');
      duplex.end(t.callback('ended'));
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.close(1000);
      raw.socket.end();
      await bothEnds(t);
      await t.turn();
      await t.turn();
      t.properties(duplex, STATE);
    },
  })),
  ...['end', 'destroy', 'destroy with an error', 'terminate', 'close'].map(
    (end) => ({
      name: `the stream is open, and then: ${end}`,
      roles: BOTH,
      async play(t) {
        const { subject, duplex, raw } = await open(t);
        duplex.write('first', t.callback('written'));
        await t.until('written called');
        if (end === 'end') duplex.end('last', t.callback('ended'));
        else if (end === 'destroy') duplex.destroy();
        else if (end === 'terminate') subject.terminate();
        else if (end === 'close') subject.close(4000);
        else duplex.destroy(new Error('mine'));
        t.note('destroyed', duplex.destroyed, subject.readyState);
        // Written behind the end it is an error of the stream.
        if (end !== 'end') duplex.write('late', t.callback('late'));
        if (end === 'end' || end === 'close') {
          await t.until('frame CLOSE', { lane: 'raw' });
          raw.close(1000);
          raw.socket.end();
        }
        await bothEnds(t);
        await t.until('duplex close');
        t.properties(duplex, ['destroyed', 'closed', 'errored']);
        t.note('again', duplex.destroy() === duplex);
        await t.turn();
      },
    }),
  ),
  ...['closes', 'ends', 'breaks a rule', 'resets'].map((what) => ({
    name: `the peer ${what}`,
    roles: BOTH,
    async play(t) {
      const { duplex, raw, deliver } = await open(t);
      raw.text('last words');
      await t.until('duplex data');
      if (what === 'closes') raw.close(4000, 'bye');
      if (what === 'ends') raw.socket.end();
      if (what === 'resets') raw.socket.resetAndDestroy();
      if (what === 'breaks a rule') {
        await deliver(raw.build({ opcode: 3 }));
        await t.until('frame CLOSE', { lane: 'raw' });
      }
      raw.socket.end();
      await bothEnds(t);
      if (what !== 'breaks a rule') await t.until('duplex end');
      duplex.end(t.callback('ended'));
      // After a reset the socket never finishes, nor does the stream.
      if (what === 'resets') await t.settle();
      else await t.until('duplex close');
    },
  })),
  {
    name: 'an error that nobody listens for',
    roles: BOTH,
    async play(t) {
      t.catchUncaught();
      const { raw, deliver } = await open(t, {
        events: ['data', 'end', 'close'],
      });
      await deliver(raw.build({ opcode: 3 }));
      await t.until('uncaught', { lane: 'process' });
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.socket.end();
      await bothEnds(t);
    },
  },
  {
    name: 'nobody reads: the WebSocket is paused, and goes on later',
    roles: BOTH,
    async play(t) {
      const { subject, duplex, raw, deliver } = await open(t, {
        events: ['end', 'error', 'close'],
        options: { readableHighWaterMark: 4 },
      });
      await deliver(raw.build({ opcode: OPCODE.TEXT, payload: 'abcdef' }));
      await t.until('subject message');
      t.note('paused', subject.isPaused, duplex.readableLength);
      t.note('read', duplex.read(2), subject.isPaused);
      t.note('read', duplex.read(), subject.isPaused);
      t.note('read', duplex.read(), subject.isPaused);
      await deliver(raw.build({ opcode: OPCODE.TEXT, payload: 'xy' }));
      await t.until('subject message', { count: 2 });
      t.note('read', duplex.read(), subject.isPaused);
      duplex.resume();
      raw.close();
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.socket.end();
      await t.until('duplex end');
      await t.until('closed', { lane: 'raw' });
    },
  },
  {
    name: 'nobody reads, and the connection is over',
    roles: BOTH,
    async play(t) {
      const { duplex, raw } = await open(t, {
        events: ['end', 'error', 'close', 'finish'],
      });
      raw.text('kept');
      await t.until('subject message');
      raw.close(1000);
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.socket.end();
      await bothEnds(t);
      t.note('kept', duplex.readableLength, duplex.destroyed);
      duplex.end();
      t.note('read', duplex.read());
      duplex.resume();
      await t.until('duplex close');
    },
  },
  {
    name: 'a peer that does not read holds up writing',
    roles: BOTH,
    async play(t) {
      const { duplex, raw } = await open(t);
      raw.socket.pause();
      t.call('write', () =>
        duplex.write(Buffer.alloc(8 << 20), t.callback('much')),
      );
      t.call('write', () => duplex.write('more', t.callback('more')));
      for (let i = 0; i < 5; i++) await t.turn();
      t.note('waits', duplex.writableLength > 0, duplex.writableNeedDrain);
      raw.socket.resume();
      await t.until('more called');
      await t.until('duplex drain');
      await t.until('frame BINARY', { lane: 'raw', count: 2 });
    },
  },
  {
    name: 'written and ended before the connection is open',
    async play(t) {
      const { wss, url } = await t.server({}, t.Peer);
      const lane = t.lane('peer');
      wss.on('connection', (peer) => lane.watch(peer, 'peer'));
      const subject = t.watch(t.client(url));
      const duplex = t.ws.createWebSocketStream(subject);
      t.watch(duplex, 'duplex', { events: EVENTS, properties: [] });
      t.call('write', () => duplex.write('early', t.callback('written')));
      duplex.end('last', t.callback('ended'));
      await t.until('subject close');
      await t.until('duplex close');
      await t.until('peer close', { lane: 'peer' });
    },
  },
  ...['destroy', 'destroy with an error', 'end'].map((end) => ({
    name: `before the connection is open: ${end}`,
    async play(t) {
      const { url } = await t.rawServer(({ socket }) => {
        if (end === 'end') socket.destroy();
      });
      const subject = t.watch(t.client(url));
      const duplex = t.ws.createWebSocketStream(subject);
      t.watch(duplex, 'duplex', { events: EVENTS, properties: [] });
      duplex.write('never', t.callback('written'));
      if (end === 'end') duplex.end();
      else duplex.destroy(end === 'destroy' ? null : new Error('mine'));
      t.note('destroyed', duplex.destroyed, subject.readyState);
      await t.until('subject close');
      await t.until('duplex close');
    },
  })),
  {
    name: 'a stream of a WebSocket that is closed',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      raw.socket.end();
      await bothEnds(t);
      const duplex = t.ws.createWebSocketStream(subject);
      t.watch(duplex, 'duplex', { events: EVENTS, properties: [] });
      duplex.write('late', t.callback('late'));
      await t.until('late called');
      duplex.destroy();
      await t.until('duplex close');
    },
  },
  {
    name: 'the listeners that it adds',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw({ watch: false });
      const duplex = t.ws.createWebSocketStream(subject);
      for (const event of ['message', 'error', 'close', 'open']) {
        t.note(event, subject.listenerCount(event));
      }
      for (const event of EVENTS) t.note(event, duplex.listenerCount(event));
      t.note('class', duplex.constructor.name, Object.keys(duplex).length > 0);
      const { createWebSocketStream } = t.ws;
      t.note('function', createWebSocketStream.length);
    },
  },
  {
    name: 'pipe() both ways',
    roles: BOTH,
    async play(t) {
      const { duplex, raw } = await open(t, { events: ['end', 'close'] });
      duplex.pipe(duplex);
      raw.text('one');
      raw.send({ opcode: OPCODE.BINARY, payload: Buffer.alloc(100_000, 'x') });
      await t.until('frame BINARY', { lane: 'raw', count: 2 });
      raw.send({ opcode: OPCODE.CLOSE, payload: closePayload(1000) });
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.socket.end();
      await t.until('duplex close');
      await t.until('closed', { lane: 'raw' });
    },
  },
];

async function open(t, { options, events = EVENTS } = {}) {
  const connection = await t.connectRaw();
  const duplex = t.ws.createWebSocketStream(connection.subject, options);
  t.watch(duplex, 'duplex', { events, properties: [] });
  return { duplex, ...connection };
}

function bothEnds(t) {
  return Promise.all([
    t.until('subject close'),
    t.until('closed', { lane: 'raw' }),
  ]);
}

function attempt(action) {
  try {
    return action();
  } catch (error) {
    return `${error.constructor.name} ${error.code}`;
  }
}
