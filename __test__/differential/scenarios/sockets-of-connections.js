'use strict';

const net = require('node:net');
const { OPCODE } = require('../../support/frames');

const BOTH = ['server', 'client'];

/** A row of docs/differences.md. */
const CALLBACKS = 'when the callback of `send()` is called';
const NAMES = [
  'address',
  'end',
  'error',
  'close',
  'data',
  'drain',
  'finish',
  'readable',
  'timeout',
];
const FLAGS = [
  'readyState',
  'connecting',
  'pending',
  'destroyed',
  'closed',
  'readable',
  'writable',
  'readableEnded',
  'writableEnded',
  'writableFinished',
  'readableLength',
  'writableLength',
  'bufferSize',
  'writableNeedDrain',
  'writableCorked',
  'readableObjectMode',
  'readableEncoding',
  'readableHighWaterMark',
  'writableHighWaterMark',
  'timeout',
  'errored',
  'encrypted',
];
const READABLE = ['ended', 'endEmitted', 'length', 'destroyed', 'errored'];
const WRITABLE = [
  'length',
  'ending',
  'ended',
  'finished',
  'needDrain',
  'destroyed',
  'corked',
  'objectMode',
  'highWaterMark',
];

module.exports = [
  {
    name: 'what a socket says of itself, open and closed',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      await t.settle();
      const { _socket: socket } = subject;
      noteSocket(t, 'open', socket, raw);
      t.note('isPaused', socket.isPaused(), socket.readableFlowing);
      subject.pause();
      t.note('isPaused', socket.isPaused(), socket.readableFlowing);
      subject.resume();
      t.note('isPaused', socket.isPaused(), socket.readableFlowing);
      subject.close();
      raw.close();
      raw.socket.end();
      await bothEnds(t);
      noteSocket(t, 'closed', socket, raw);
    },
  },
  {
    name: 'the bytes that it has read and written',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      await t.settle();
      const { _socket: socket } = subject;
      const before = [socket.bytesRead, socket.bytesWritten];
      const note = (label) =>
        t.note(
          label,
          socket.bytesRead - before[0],
          socket.bytesWritten - before[1],
        );
      raw.text('hello');
      await t.until('subject message');
      subject.send('hi', t.callback('sent'));
      await t.until('sent called');
      await t.settle();
      note('open');
      socket.write(
        t.role === 'server' ? '\x89\0' : '\x89\x80\0\0\0\0',
        'latin1',
      );
      await t.until('frame PING', { lane: 'raw' });
      note('with a ping by hand');
      subject.close();
      await t.until('frame CLOSE', { lane: 'raw' });
      raw.close();
      raw.socket.end();
      await bothEnds(t);
      note('closed');
    },
  },
  {
    name: 'its listeners',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      await t.turn();
      const { _socket: socket } = subject;
      noteListeners(t, 'open', socket);
      raw.close();
      await t.until('frame CLOSE', { lane: 'raw' });
      noteListeners(t, 'closing', socket);
      raw.socket.end();
      await bothEnds(t);
      noteListeners(t, 'closed', socket);
    },
  },
  {
    name: 'its methods, and what they return',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      const { _socket: socket } = subject;
      for (const [name, args] of [
        ['setNoDelay', []],
        ['setNoDelay', [false]],
        ['setKeepAlive', [true, 1000]],
        ['setKeepAlive', []],
        ['setTimeout', [100_000]],
        ['setTimeout', [0]],
        ['ref', []],
        ['unref', []],
        ['ref', []],
        ['pause', []],
        ['resume', []],
        ['setDefaultEncoding', ['latin1']],
        ['cork', []],
        ['uncork', []],
        ['once', ['drain', () => {}]],
      ]) {
        t.note(name, chained(socket, name, args));
      }
      t.call('address', () => Object.keys(socket.address()));
      t.call('negative', () => attempt(() => socket.setTimeout(-1)));
      t.call('text', () => attempt(() => socket.setTimeout('x')));
      t.call('write', () => attempt(() => socket.write(5)));
      t.call('null', () => attempt(() => socket.write(null)));
      subject.send('still', t.callback('sent'));
      await t.until('sent called');
      await t.settle();
      subject.terminate();
      await bothEnds(t);
      for (const name of ['setNoDelay', 'setKeepAlive', 'ref', 'unref']) {
        t.note(name, chained(socket, name, []));
      }
      t.note('destroy', chained(socket, 'destroy', []));
      t.note('end', chained(socket, 'end', []));
    },
  },
  {
    name: 'what is written to it keeps its place between frames',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      const ping = (text) => pingByHand(t, text);
      const { _socket: socket } = subject;
      const written = t.lane('socket');
      await t.turn();
      subject.send('one', t.callback('one'));
      t.call('write', () => socket.write(ping('two'), written.callback('two')));
      subject.send('three', t.callback('three'));
      t.call('string', () =>
        socket.write(
          ping('four').toString('hex'),
          'hex',
          written.callback('four'),
        ),
      );
      t.call('Uint8Array', () => socket.write(new Uint8Array(ping('five'))));
      subject.send('six', t.callback('six'));
      await t.until('six called');
      await t.settle();
      socket.cork();
      socket.write(ping('se').subarray(0, 3));
      socket.write(ping('se').subarray(3));
      socket.uncork();
      await t.until('frame PING', { lane: 'raw', count: 4 });
    },
  },
  {
    name: 'the callbacks of send() and of what is written to it',
    roles: BOTH,
    differs: { row: CALLBACKS, drivers: ['event_loop', 'stream'] },
    async play(t) {
      const { subject } = await t.connectRaw();
      await t.turn();
      for (const name of ['first', 'second']) {
        subject.send(name, t.callback(`${name} message`));
        subject._socket.write(pingByHand(t, name), t.callback(`${name} ping`));
      }
      await t.until('second message called');
      await t.until('second ping called');
    },
  },
  {
    name: 'end() with bytes',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      const { _socket: socket } = subject;
      subject.send('first', t.lane('in time').callback('first'));
      t.note('end', chained(socket, 'end', [pingByHand(t, 'last')]));
      t.note('ended', socket.writableEnded);
      subject.send('too late', t.callback('late'));
      await t.until('frame PING', { lane: 'raw' });
      await t.until('late called');
      raw.socket.end();
      await bothEnds(t);
    },
  },
  {
    name: 'destroySoon()',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw({ allowHalfOpen: true });
      await t.turn();
      subject.send('first', t.callback('first'));
      subject._socket.destroySoon();
      await t.until('subject close');
      await t.until('frame TEXT', { lane: 'raw' });
    },
  },
  {
    name: 'a data listener hears the bytes',
    roles: BOTH,
    async play(t) {
      const { subject, raw, deliver } = await t.connectRaw();
      await t.turn();
      const heard = [];
      const listen = (chunk) => heard.push(Buffer.from(chunk));
      subject._socket.on('data', listen);
      t.note('listeners', subject._socket.listenerCount('data') > 0);
      const mask = t.role === 'server' && Buffer.from([0, 0, 0, 0]);
      const frame = raw.build({ opcode: OPCODE.TEXT, payload: 'hello', mask });
      await deliver(frame);
      await t.until('subject message');
      subject._socket.removeListener('data', listen);
      await deliver(frame);
      await t.until('subject message', { count: 2 });
      t.note('heard', Buffer.concat(heard));
    },
  },
  {
    name: 'a timeout',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      subject._socket.setTimeout(20, t.callback('timeout'));
      t.note('timeout', subject._socket.timeout);
      await t.until('timeout called');
      t.properties(subject);
      t.note('destroyed', subject._socket.destroyed);
    },
  },
  {
    name: 'the state of its streams',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      await t.settle();
      const { _socket: socket } = subject;
      const note = (label) => {
        t.properties(socket._readableState, READABLE, `${label}, readable`);
        t.properties(socket._writableState, WRITABLE, `${label}, writable`);
      };
      note('open');
      subject.send('x', t.callback('sent'));
      await t.until('sent called');
      note('written');
      raw.close();
      raw.socket.end();
      await bothEnds(t);
      note('closed');
    },
  },
  {
    name: 'it is the socket of the request, and of its class',
    roles: ['server'],
    async play(t) {
      const { wss, port } = await t.server();
      const connected = new Promise((resolve) => {
        wss.on('connection', (websocket, request) => {
          t.note('same', websocket._socket === request.socket);
          t.note('same', websocket._socket === request.connection);
          resolve(websocket);
        });
      });
      const peer = new t.Peer(`ws://127.0.0.1:${port}`);
      t.after(() => peer.terminate());
      const { _socket: socket } = await connected;
      await new Promise((resolve) => peer.once('open', resolve));
      t.note('instance', socket instanceof net.Socket);
      t.note('class', socket.constructor === net.Socket, String(socket));
      t.note('server', socket.server === wss._server);
      t.note('parser', Boolean(socket.parser), Boolean(socket._httpMessage));
    },
  },
];

function noteSocket(t, label, socket, raw) {
  t.properties(socket, FLAGS, label);
  t.properties(socket, ['remoteAddress', 'remoteFamily'], label);
  t.properties(socket, ['localAddress', 'localFamily'], label);
  t.note(label, socket.remotePort === raw.socket.localPort);
  t.note(label, typeof socket.localPort, typeof socket.remotePort);
  t.note(label, Object.keys(socket.address()));
}

function noteListeners(t, label, socket) {
  for (const name of NAMES) {
    // Who reads the bytes is an affair of the implementation.
    if (name === 'data') continue;
    const names = socket.listeners(name).map((listener) => listener.name);
    t.note(label, name, names);
  }
}

function chained(socket, name, args) {
  const result = socket[name](...args);
  return result === socket ? 'itself' : result;
}

function attempt(action) {
  try {
    return action();
  } catch (error) {
    return `${error.constructor.name} ${error.code}`;
  }
}

function pingByHand(t, text) {
  const bytes = Buffer.from(text);
  return t.role === 'server'
    ? Buffer.concat([Buffer.from([0x89, bytes.length]), bytes])
    : Buffer.concat([
        Buffer.from([0x89, 0x80 | bytes.length, 0, 0, 0, 0]),
        bytes,
      ]);
}

function bothEnds(t) {
  return Promise.all([
    t.until('subject close'),
    t.until('closed', { lane: 'raw' }),
  ]);
}
