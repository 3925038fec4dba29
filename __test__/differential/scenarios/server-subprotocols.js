'use strict';

const { upgradeRequest } = require('../../support/upgrade-request');

const OFFERED = 'one, two, three';

module.exports = [
  ...[
    ['the first', (set) => [...set][0]],
    ['the last', (set) => [...set].pop()],
    ['none of them', () => 'four'],
    ['false', () => false],
    ['an empty text', () => ''],
    ['undefined', () => undefined],
    ['null', () => null],
    ['0', () => 0],
    ['true', () => true],
    ['a number', () => 42],
    ['an object', () => ({ toString: () => 'an object' })],
    ['an array', () => ['one', 'two']],
    ['the set', (set) => set],
    ['a promise', async () => 'one'],
    ['text beyond ASCII', () => 'ü'],
    ['several lines', () => 'one\r\nX-Injected: yes'],
  ].map(([name, handleProtocols]) => ({
    name: `handleProtocols returns ${name}`,
    differs:
      name === 'several lines'
        ? 'CR, LF, NUL from `handleProtocols`, `verifyClient` or `headers` listeners'
        : undefined,
    async play(t) {
      await offer(
        t,
        { handleProtocols },
        { 'Sec-WebSocket-Protocol': OFFERED },
      );
    },
  })),
  {
    name: 'handleProtocols: what it is given',
    async play(t) {
      const { wss, port } = await t.server({
        handleProtocols: function choose(protocols, request, ...rest) {
          t.note('offered', protocols, request, rest.length, choose.length);
          t.note('this', this === wss.options);
          protocols.clear();
          return 'two';
        },
      });
      wss.on('headers', (lines) => t.note('headers', lines));
      const header = { 'Sec-WebSocket-Protocol': OFFERED };
      await t.exchange(port, upgradeRequest(header));
    },
  },
  ...[
    ['nothing', {}],
    ['one', { 'Sec-WebSocket-Protocol': 'one' }],
    ['two lines', { 'Sec-WebSocket-Protocol': ['one', 'two'] }],
    ['an invalid list', { 'Sec-WebSocket-Protocol': 'one, one' }],
    ['names that differ by case', { 'Sec-WebSocket-Protocol': 'One, one' }],
    ['a name of the prototype', { 'Sec-WebSocket-Protocol': '__proto__' }],
  ].flatMap(([name, headers]) =>
    [undefined, () => 'chosen'].map((choose) => ({
      name: `${name} is offered, ${choose ? 'with' : 'without'} handleProtocols`,
      async play(t) {
        const handleProtocols = choose && t.callback('asked', choose);
        await offer(t, { handleProtocols }, headers);
      },
    })),
  ),
  {
    name: 'handleProtocols throws',
    async play(t) {
      t.catchUncaught();
      const { wss, port } = await t.server({
        handleProtocols(protocols, { socket }) {
          setImmediate(() => {
            t.note('listeners', socket.listenerCount('error'));
            socket.destroy();
          });
          throw new Error('of the program');
        },
      });
      wss.on('connection', t.callback('connection'));
      await t.exchange(port, upgradeRequest({ 'Sec-WebSocket-Protocol': 'a' }));
      t.note('clients', wss.clients.size);
    },
  },
  {
    name: 'handleProtocols destroys the socket',
    async play(t) {
      const { wss, port } = await t.server({
        handleProtocols: (protocols, { socket }) => (socket.destroy(), 'a'),
      });
      wss.on('connection', (websocket) => t.watch(websocket, 'subject'));
      await t.exchange(port, upgradeRequest({ 'Sec-WebSocket-Protocol': 'a' }));
      await t.until('subject close');
    },
  },
  {
    name: 'handleProtocols closes the server',
    async play(t) {
      const { wss, port } = await t.server({
        handleProtocols: () => (wss.close(t.callback('closed')), 'a'),
      });
      wss.on('connection', (websocket) => {
        t.note('connection', wss.clients.size);
        setImmediate(() => websocket.terminate());
      });
      await t.exchange(port, upgradeRequest({ 'Sec-WebSocket-Protocol': 'a' }));
      await t.until('closed');
    },
  },
  ...[true, 1, 'text', {}].map((handleProtocols) => ({
    name: `handleProtocols is no function: ${JSON.stringify(handleProtocols)}`,
    async play(t) {
      const { wss, port } = await t.server({ handleProtocols });
      const handleUpgrade = wss.handleUpgrade;
      wss.handleUpgrade = function caught(request, socket, ...rest) {
        try {
          handleUpgrade.call(this, request, socket, ...rest);
        } catch (error) {
          // Its words are the engine's.
          t.note('threw', error.constructor.name);
          socket.destroy();
        }
      };
      await t.exchange(port, upgradeRequest({ 'Sec-WebSocket-Protocol': 'a' }));
      await t.exchange(port, upgradeRequest());
    },
  })),
];

async function offer(t, options, headers) {
  const { wss, port } = await t.server(options);
  wss.on('connection', (websocket) => {
    t.note('connection', websocket.protocol, websocket._protocol);
  });
  await t.exchange(port, upgradeRequest(headers));
}
