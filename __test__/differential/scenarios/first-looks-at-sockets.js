'use strict';

const FLAGS = [
  'destroyed',
  'closed',
  'readable',
  'writable',
  'readableEnded',
  'readableFlowing',
  'writableEnded',
  'writableFinished',
  'readyState',
  'pending',
  'connecting',
  'allowHalfOpen',
  'timeout',
];

const EVENTS = ['end', 'drain', 'error', 'timeout', 'close'];

/** How a connection ends, once it is open. */
const ENDS = {
  'the peer closes'({ raw }) {
    raw.close(1000, 'bye');
  },
  'it closes'({ subject, raw }) {
    subject.close(1000);
    raw.close(1000);
  },
  'the peer leaves without a word'({ raw }) {
    raw.socket.end();
  },
  'it terminates'({ subject }) {
    subject.terminate();
  },
  'the peer breaks a rule'({ raw }) {
    raw.send({ opcode: 3, payload: '' });
  },
  'it ends while it is paused'({ subject, raw }) {
    subject.pause();
    subject.close(1000);
    raw.close(1000);
    subject.resume();
  },
};

/** When the program looks at the socket for the first time. */
const MOMENTS = {
  'at the connection': (subject, look) => look(),
  'in the tick after the connection': (subject, look) => process.nextTick(look),
  'with the first message': (subject, look) => subject.once('message', look),
  'at the close event': (subject, look) => subject.once('close', look),
  'in the tick after the close event': (subject, look) =>
    subject.once('close', () => process.nextTick(look)),
  'in the turn after the close event': (subject, look) =>
    subject.once('close', () => setImmediate(look)),
};

module.exports = Object.entries(ENDS).flatMap(([end, finish]) => [
  ...Object.entries(MOMENTS).map(([moment, arrange]) => ({
    name: `${moment}; ${end}`,
    roles: ['server'],
    async play(t) {
      const { subject, raw } = await t.connectRaw({
        prepare: (websocket) => arrange(websocket, () => lookAt(t, websocket)),
      });
      raw.text('hello');
      await t.until('subject message');
      await t.settle();
      finish({ subject, raw });
      if (!raw.socket.destroyed) raw.socket.end();
      await t.until('subject close');
      await t.until('closed', { lane: 'raw' });
      await t.turn();
      await t.turn();
      await t.settle();
      t.note('after');
      noteSocket(t, subject._socket);
    },
  })),
  {
    name: `after everything; ${end}`,
    roles: ['server'],
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      finish({ subject, raw });
      if (!raw.socket.destroyed) raw.socket.end();
      await t.until('subject close');
      await t.until('closed', { lane: 'raw' });
      await t.turn();
      noteSocket(t, subject._socket);
      t.note('same', subject._socket === subject._socket);
      t.call('end', () => subject._socket.end().constructor.name);
      t.call('destroy', () => subject._socket.destroy().constructor.name);
      t.call('write', () => subject._socket.write('x', t.callback('written')));
      await t.settle();
    },
  },
]);

function lookAt(t, subject) {
  const { _socket: socket } = subject;
  noteSocket(t, socket);
  for (const name of EVENTS) socket.on(name, t.callback(`socket ${name}`));
  // Which of the directions ends first is up to chance.
  socket.on('finish', t.lane('finish').callback('socket finish'));
}

function noteSocket(t, socket) {
  t.properties(socket, FLAGS, 'socket');
  t.properties(socket, ['remoteAddress', 'localAddress', 'remoteFamily']);
  t.note('ports', typeof socket.remotePort, typeof socket.localPort);
  t.note('errored', socket.errored);
  t.note('bytes', socket.bytesWritten);
  t.note('class', socket.constructor.name, socket.server?.constructor.name);
}
