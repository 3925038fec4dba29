'use strict';

const BOTH = ['server', 'client'];

/** What packages are known to look at. */
const STATE = [
  '_autoPong',
  '_binaryType',
  '_closeCode',
  '_closeFrameReceived',
  '_closeFrameSent',
  '_closeMessage',
  '_closeTimeout',
  '_errorEmitted',
  '_isServer',
  '_maxPendingAutoPongs',
  '_paused',
  '_pendingAutoPongs',
  '_protocol',
  '_readyState',
];

const OF_CLIENTS = ['_bufferedAmount', '_redirects', '_url'];

const RECEIVER = [
  '_allowSynchronousEvents',
  '_binaryType',
  '_errored',
  '_isServer',
  '_maxBufferedChunks',
  '_maxFragments',
  '_maxPayload',
  '_skipUTF8Validation',
];

const SENDER = ['_bufferedBytes', '_state', '_queue'];

const EVENTS = ['message', 'ping', 'pong', 'conclude', 'drain', 'error'];

module.exports = [
  {
    name: 'the state of a connection from its beginning to its end',
    roles: BOTH,
    async play(t) {
      const names = t.role === 'client' ? [...STATE, ...OF_CLIENTS] : STATE;
      const { subject, raw } = await t.connectRaw({
        prepare(websocket) {
          t.properties(websocket, names, 'at first');
          for (const event of ['open', 'message', 'ping', 'close']) {
            websocket.on(event, () => t.properties(websocket, names, event));
          }
        },
      });
      t.note('parts', subject._socket, subject._receiver, subject._sender);
      raw.send({ opcode: 9, payload: 'ping' });
      await t.until('subject ping');
      await t.settle();
      t.properties(subject, names, 'after a ping');
      subject.pause();
      t.properties(subject, names, 'paused');
      subject.resume();
      subject.binaryType = 'arraybuffer';
      raw.close(4000, 'bye');
      raw.socket.end();
      await bothEnds(t);
      t.note('parts', subject._socket, subject._receiver, subject._sender);
      t.note('timer', subject._closeTimer?.constructor.name);
      t.note('destroyed', subject._socket.destroyed);
    },
  },
  {
    name: 'the close timer',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw({
        subject: { closeTimeout: 12_345 },
      });
      t.note('timer', subject._closeTimer, subject._closeTimeout);
      subject.close();
      const timer = subject._closeTimer;
      t.note('timer', timer.constructor.name, timer._idleTimeout);
      t.note('active', timer.hasRef(), timer._destroyed);
      raw.close();
      raw.socket.end();
      await bothEnds(t);
      t.note('same', subject._closeTimer === timer, timer._destroyed);
    },
  },
  {
    name: '_req, _url and _redirects of a client',
    async play(t) {
      const { url } = await t.server();
      const subject = t.client(`${url}/path?query`);
      t.watch(subject);
      t.note('_req', subject._req?.constructor.name, subject._req.path);
      t.properties(subject, ['_url', '_redirects', '_socket', '_receiver']);
      t.properties(subject, ['_sender', '_extensions', '_bufferedAmount']);
      await t.until('subject open');
      t.properties(subject, ['_url', '_redirects', '_req']);
      t.note('extensions', Object.keys(subject._extensions));
      subject.terminate();
      await t.until('subject close');
      t.properties(subject, ['_url', '_redirects', '_req']);
    },
  },
  {
    name: '_receiver and _sender',
    roles: BOTH,
    async play(t) {
      const limits = { maxBufferedChunks: 7, maxFragments: 8, maxPayload: 9 };
      const { subject } = await t.connectPeer({
        subject: { ...limits, perMessageDeflate: true },
        peer: { perMessageDeflate: true },
      });
      const { _receiver: receiver, _sender: sender } = subject;
      t.properties(receiver, RECEIVER, 'receiver');
      t.properties(sender, SENDER, 'sender');
      t.note('classes', receiver instanceof t.ws.Receiver);
      t.note('classes', sender instanceof t.ws.Sender);
      t.note('same', receiver === subject._receiver);
      t.note('same', sender._socket === subject._socket);
      t.note('same', sender._extensions === subject._extensions);
      const name = 'permessage-deflate';
      const extension = subject._extensions[name];
      t.note('extension', extension instanceof t.ws.PerMessageDeflate);
      t.note('same', receiver._extensions[name] === extension);
      t.properties(extension, ['_isServer', '_threshold', '_maxPayload']);
      t.note('params', extension.params);
      for (const event of EVENTS) {
        t.note(event, receiver.listenerCount(event));
      }
      t.properties(receiver._writableState, ['length', 'ended', 'finished']);
      subject.binaryType = 'fragments';
      t.properties(receiver, ['_binaryType']);
    },
  },
  {
    name: '_receiver after the end',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      const receiver = subject._receiver;
      for (const event of ['finish', 'close', 'error', 'conclude']) {
        receiver.on(event, t.callback(`receiver ${event}`));
      }
      raw.close(1000);
      raw.socket.end();
      await bothEnds(t);
      await t.turn();
      for (const event of EVENTS) {
        t.note(event, receiver.listenerCount(event));
      }
      t.properties(receiver, ['writableEnded', 'writableFinished']);
      t.properties(receiver, ['destroyed', 'closed']);
    },
  },
  {
    name: 'limits of the receiver that are changed take effect',
    roles: BOTH,
    async play(t) {
      const { subject, raw, deliver } = await t.connectRaw({
        subject: { maxPayload: 5 },
      });
      let count = 0;
      const send = async (payload, opcode = 2) => {
        await deliver(raw.build({ opcode, payload }));
        await t.until('subject message', { count: ++count });
      };
      await send('12345');
      subject._receiver._maxPayload = 20;
      t.note('now', subject._receiver._maxPayload);
      await send('12345678901234567890');
      subject._receiver._maxPayload = 0;
      await send('x'.repeat(200));
      subject._receiver._skipUTF8Validation = true;
      await send(Buffer.from([0xff]), 1);
      subject._receiver._maxPayload = 3;
      await deliver(raw.build({ opcode: 2, payload: '1234' }));
      await t.until('subject error');
    },
  },
  {
    name: 'listeners of the receiver can be added and taken away',
    roles: BOTH,
    async play(t) {
      const { subject, raw, deliver } = await t.connectRaw();
      const receiver = subject._receiver;
      receiver.prependListener('message', t.callback('before'));
      receiver.on('message', t.callback('behind'));
      receiver.on('ping', t.callback('ping'));
      await deliver(raw.build({ opcode: 1, payload: 'one' }));
      await deliver(raw.build({ opcode: 9, payload: 'two' }));
      receiver.removeAllListeners('message');
      await deliver(raw.build({ opcode: 1, payload: 'unheard' }));
      await t.settle();
    },
  },
  {
    name: 'frames of Sender.frame() go out with _sender.sendFrame()',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      const mask = t.role === 'client';
      const list = t.ws.Sender.frame(Buffer.from('made before'), {
        fin: true,
        mask,
        opcode: 2,
        readOnly: true,
        rsv1: false,
      });
      t.call('send', () => subject.send('one', t.callback('one')));
      t.call('frame', () => subject._sender.sendFrame(list, t.callback('two')));
      t.call('again', () => subject._sender.sendFrame(list));
      t.call('send', () => subject.send('three', t.callback('three')));
      await t.until('three called');
      await t.settle();
    },
  },
  {
    name: 'a sendFrame() put in the place of the one of the sender',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw({
        subject: { generateMask: (key) => key.fill(1) },
      });
      const { sendFrame } = subject._sender;
      subject._sender.sendFrame = function replaced(list, callback) {
        t.note(
          'frame of',
          Buffer.concat(list.map((part) => Buffer.from(part))),
        );
        sendFrame.call(this, list, callback);
      };
      subject.send('one', t.callback('sent'));
      subject.ping('two');
      await t.until('sent called');
      raw.send({ opcode: 9, payload: 'three' });
      await t.until('subject ping');
      subject.close(1000);
      await t.until('frame CLOSE', { lane: 'raw' });
    },
  },
  {
    name: 'what is written to private properties',
    roles: BOTH,
    async play(t) {
      const { subject, raw, deliver } = await t.connectRaw();
      subject._closeCode = 4321;
      subject._closeMessage = Buffer.from('mine');
      subject._autoPong = false;
      subject._protocol = 'chat';
      await deliver(raw.build({ opcode: 9, payload: 'no pong' }));
      await t.until('subject ping');
      t.properties(subject);
      raw.socket.end();
      await bothEnds(t);
    },
  },
  {
    name: '_readyState written by hand',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      subject._readyState = 2;
      t.call('send', () => subject.send('not sent', t.callback('sent')));
      t.call('close', () => subject.close(1000));
      subject._readyState = 1;
      t.call('send', () => subject.send('sent', t.callback('sent')));
      await t.until('sent called', { count: 2 });
      subject._readyState = 0;
      t.call('send', () => subject.send('throws'));
      subject._readyState = 1;
      raw.socket.end();
      await bothEnds(t);
    },
  },
  {
    name: 'emitClose() called by hand',
    roles: BOTH,
    async play(t) {
      const { subject, raw } = await t.connectRaw();
      t.call('emitClose', () => subject.emitClose());
      t.properties(subject, ['readyState', '_closeCode']);
      t.call('send', () => subject.send('too late', t.callback('sent')));
      t.call('close', () => subject.close());
      t.call('terminate', () => subject.terminate());
      raw.text('unheard');
      await t.settle();
      raw.socket.end();
      await bothEnds(t, 2);
      t.note('destroyed', subject._socket.destroyed);
    },
  },
  {
    name: 'emitClose() of one that never had a socket',
    async play(t) {
      const subject = new t.ws.WebSocket(null, undefined, {});
      t.watch(subject);
      t.properties(subject, STATE);
      t.properties(subject, ['_socket', '_receiver', '_sender', '_isServer']);
      t.properties(subject, ['url', 'bufferedAmount', '_closeTimeout']);
      t.call('emitClose', () => subject.emitClose());
      t.properties(subject, STATE);
      t.call('send', () => subject.send('late', t.callback('sent')));
      await t.until('sent called');
      t.note('bufferedAmount', subject.bufferedAmount);
    },
  },
];

function bothEnds(t, count = 1) {
  return Promise.all([
    t.until('subject close', { count }),
    t.until('closed', { lane: 'raw' }),
  ]);
}
