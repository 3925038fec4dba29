'use strict';

const BOTH = ['server', 'client'];

const CLASSES = ['WebSocketServer', 'Sender', 'Receiver', 'PerMessageDeflate'];

/** What of a class somebody outside can make use of; of the others, everything. */
const METHODS = {
  Sender: ['close', 'constructor', 'ping', 'pong', 'send', 'sendFrame'],
  Receiver: ['_write', 'constructor'],
  PerMessageDeflate: [
    'accept',
    'cleanup',
    'compress',
    'constructor',
    'decompress',
    'offer',
  ],
};

/** What this package has and `ws` has not: documented, or its own affair. */
const ADDED = ['configure', 'memoryUsage', 'of'];

module.exports = [
  {
    name: 'the methods and accessors of the classes',
    async play(t) {
      for (const name of CLASSES) describe(t, name, t.ws[name].prototype);
      describe(t, 'WebSocket', t.ws.prototype);
    },
  },
  {
    name: 'the classes themselves',
    async play(t) {
      for (const name of ['WebSocket', ...CLASSES]) {
        const Class = t.ws[name];
        const parent = Object.getPrototypeOf(Class);
        t.note(name, Class.name, Class.length, typeof Class, parent.name);
        const statics = Object.getOwnPropertyNames(Class).sort();
        t.note('statics', without(statics, ADDED));
      }
      t.note('enumerable', without(Object.keys(t.ws).sort(), ADDED));
      t.note('Server', t.ws.Server === t.ws.WebSocketServer);
      t.note('itself', t.ws.WebSocket === t.ws);
    },
  },
  {
    name: 'a connection has the properties that one of ws has',
    roles: BOTH,
    async play(t) {
      const expected = namesOfPeer(t);
      const { subject } = await t.connectRaw({
        prepare(websocket) {
          noteMissing(t, 'at first', websocket, expected);
        },
      });
      noteMissing(t, 'open', subject, expected);
      noteMissing(t, 'sender', subject._sender, [
        '_extensions',
        '_socket',
        '_bufferedBytes',
        '_queue',
        '_state',
        'onerror',
      ]);
      subject.close();
      noteMissing(t, 'closing', subject, expected);
      subject.terminate();
      await t.until('subject close');
      await t.until('closed', { lane: 'raw' });
      noteMissing(t, 'closed', subject, expected);
    },
  },
  {
    name: 'what is enumerable in a connection',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      const names = [];
      for (const name in subject) {
        if (!name.startsWith('_')) names.push(name);
      }
      t.note('names', names.sort());
      t.note('JSON', typeof JSON.stringify(Object.keys(subject)));
    },
  },
  {
    name: 'the properties of a server',
    async play(t) {
      const { wss } = await t.server();
      t.note('names', namesOf(wss));
      t.properties(wss, ['_state', 'path', 'clients', '_shouldEmitClose']);
      t.note('_server', wss._server?.constructor.name);
      t.note('_removeListeners', typeof wss._removeListeners);
      const { port, ...options } = wss.options;
      t.note('options', Object.entries(options).sort(), typeof port);
      const closed = new Promise((resolve) => wss.close(resolve));
      t.properties(wss, ['_state', '_server', '_removeListeners']);
      await closed;
      t.properties(wss, ['_state', '_server', 'clients']);
    },
  },
  {
    name: 'the properties of a server without one of its own',
    async play(t) {
      const wss = new t.ws.WebSocketServer({
        noServer: true,
        clientTracking: false,
        perMessageDeflate: true,
        closeTimeout: 5,
      });
      t.note('names', namesOf(wss));
      t.properties(wss, ['_state', 'clients', '_server']);
      t.note('options', Object.entries(wss.options).sort());
      t.call('address', () => wss.address());
      wss.close();
      t.properties(wss, ['_state']);
    },
  },
];

function describe(t, title, prototype) {
  const names = METHODS[title] ?? Object.getOwnPropertyNames(prototype).sort();
  for (const name of names) {
    const { get, set, value, writable, enumerable, configurable } =
      Object.getOwnPropertyDescriptor(prototype, name);
    const isMethod = typeof value === 'function';
    const what = isMethod
      ? `method of ${value.length}`
      : `${typeof get} ${typeof set} ${String(value)}`;
    // What is called `_…` is of nobody's concern unless packages use it.
    if (name.startsWith('_') && !isMethod) continue;
    t.note(title, name, what, writable, enumerable, configurable);
  }
}

function namesOf(object) {
  return Object.getOwnPropertyNames(object)
    .filter((name) => !name.startsWith('_events'))
    .sort();
}

/** The own properties of a connection of `ws` in the same role. */
function namesOfPeer(t) {
  if (t.role === 'server') {
    return namesOf(new t.Peer(null, undefined, { autoPong: true }));
  }
  const peer = new t.Peer('ws://127.0.0.1:1');
  peer.on('error', () => {});
  const names = namesOf(peer);
  peer.terminate();
  return names;
}

function noteMissing(t, label, object, expected) {
  t.note(
    label,
    expected.filter((name) => !(name in object)),
  );
}

function without(names, others) {
  return names.filter((name) => !others.includes(name));
}
