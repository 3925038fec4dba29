'use strict';

const https = require('node:https');
const tls = require('node:tls');
const { OPCODE, buildFrame } = require('../../support/frames');
const { stopServer } = require('../../support/connections');
const { eventOf } = require('../../support/waiting');
const {
  certificate,
  dial,
  redirectTo,
  switching,
  tlsServer,
} = require('../support/dialling');

const TRUSTING = { ca: certificate().cert };
const MARKERS = ['tick', 'microtask', 'immediate'];

/** Whose server each client refuses or not. */
const TRUST = {
  nothing: {},
  'no certificate is looked at': { rejectUnauthorized: false },
  'the certificate': TRUSTING,
  'the certificate, under its name': { ...TRUSTING, servername: 'localhost' },
  'the certificate, under another name': {
    ...TRUSTING,
    servername: 'other.test',
  },
  'the certificate, under no name': { ...TRUSTING, servername: '' },
  'the certificate, for a reason of its own': {
    ...TRUSTING,
    checkServerIdentity: (host) => new RangeError(`not ${host}`),
  },
  'the certificate, from TLS 1.2 to 1.2': {
    ...TRUSTING,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
  },
  'the certificate, with protocols for ALPN': {
    ...TRUSTING,
    ALPNProtocols: ['http/1.1', 'x'],
  },
  'the certificate, in a context': {
    secureContext: tls.createSecureContext(TRUSTING),
  },
};

/** Notes what the socket of an open client tells of TLS. */
function describe(t, client) {
  const { _socket: socket } = client;
  t.properties(socket, [
    'encrypted',
    'authorized',
    'authorizationError',
    'servername',
    'alpnProtocol',
    'timeout',
  ]);
  t.note('class', socket);
  t.note('version', socket.getProtocol());
  t.note('subject', socket.getPeerCertificate().subject?.CN);
}

module.exports = [
  ...Object.entries(TRUST).map(([what, options]) => ({
    name: `what is trusted: ${what}`,
    async play(t) {
      const { url, server } = await tlsServer(
        t,
        ({ accept }) => switching(accept),
        { ALPNProtocols: ['http/1.1'] },
      );
      server.on('secureConnection', (socket) =>
        t.lane('raw').note('servername', socket.servername),
      );
      const client = dial(t, [url, options]);
      await t.until(/^subject (?:open|close)/);
      if (client.readyState === 1) describe(t, client);
    },
  })),
  {
    name: 'a host that is a name is the name for SNI, an address is none',
    async play(t) {
      const { port, server } = await tlsServer(t, ({ accept }) =>
        switching(accept),
      );
      server.on('secureConnection', (socket) =>
        t.lane('raw').note('servername', socket.servername),
      );
      const lookup = (name, { all }, callback) =>
        all
          ? callback(null, [{ address: '127.0.0.1', family: 4 }])
          : callback(null, '127.0.0.1', 4);
      const hosts = ['localhost', '127.0.0.1', 'LOCALHOST', 'localhost.'];
      for (const [index, host] of hosts.entries()) {
        dial(t, [`wss://${host}:${port}`, { ...TRUSTING, lookup }]);
        await t.until(/^subject (?:open|close)/, { count: index + 1 });
      }
      dial(t, [
        `wss://localhost:${port}`,
        { ...TRUSTING, lookup, servername: '' },
      ]);
      await t.until(/^subject (?:open|close)/, { count: hosts.length + 1 });
    },
  },
  {
    name: 'https: in the URL, messages both ways, and the close',
    async play(t) {
      const server = https.createServer(certificate());
      const wss = new t.Peer.WebSocketServer({ server });
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      t.after(async () => {
        await stopServer(wss);
        await new Promise((resolve) => server.close(resolve));
      });
      const { port } = server.address();
      t.hidePort(port);
      const accepted = eventOf(wss, 'connection');
      const client = dial(t, [`https://127.0.0.1:${port}/path`, TRUSTING], {
        markers: MARKERS,
      });
      const [peer] = await accepted;
      t.lane('peer').watch(peer, 'peer');
      await t.until('subject open');
      client.send('to the server', t.callback('sent'));
      client.send(Buffer.alloc(70_000, 1), t.callback('sent, too'));
      await t.until('peer message', { lane: 'peer', count: 2 });
      peer.send('to the client');
      await t.until('subject message');
      client.close(4000, 'enough');
      await t.until('~ immediate after subject close');
      await t.until('peer close', { lane: 'peer' });
    },
  },
  {
    name: 'what comes with the response',
    async play(t) {
      const { url } = await tlsServer(t, ({ accept, socket }) => {
        socket.on('end', () => socket.end());
        return Buffer.concat([
          Buffer.from(switching(accept)),
          buildFrame({ opcode: OPCODE.TEXT, payload: 'early' }),
          buildFrame({ opcode: OPCODE.PING, payload: 'ping' }),
          buildFrame({ opcode: OPCODE.CLOSE, payload: Buffer.from([3, 232]) }),
        ]);
      });
      dial(t, [url, TRUSTING], { markers: MARKERS });
      await t.until('~ immediate after subject close');
    },
  },
  {
    name: 'wrong responses',
    async play(t) {
      const { url } = await tlsServer(t, ({ accept, number, socket }) => {
        if (number === 1) return switching('wrong');
        if (number === 2) return 'HTTP/1.1 400 Bad Request\r\n\r\n';
        if (number === 3)
          return switching(accept, ['Sec-WebSocket-Protocol: x']);
        return void socket.end();
      });
      for (const count of [1, 2, 3, 4]) {
        dial(t, [url, TRUSTING]);
        await t.until('subject close', { count });
      }
    },
  },
  ...['close', 'terminate'].flatMap((method) =>
    [
      ['at once', (client, act) => act()],
      [
        'when TCP is connected',
        (client, act) =>
          client._req.once('socket', (socket) => socket.once('connect', act)),
      ],
      [
        'when TLS is connected',
        (client, act) =>
          client._req.once('socket', (socket) =>
            socket.once('secureConnect', act),
          ),
      ],
      ['in the upgrade event', (client, act) => client.once('upgrade', act)],
      ['in the open event', (client, act) => client.once('open', act)],
    ].map(([moment, when]) => ({
      name: `${method}() ${moment}`,
      async play(t) {
        const { url } = await tlsServer(t, ({ accept, socket }) => {
          socket.on('data', () => socket.destroy());
          return switching(accept);
        });
        const client = dial(t, [url, TRUSTING]);
        when(client, () => {
          t.call(method, () => client[method]());
          t.properties(client, ['readyState', '_req', '_socket']);
        });
        await t.until('subject close');
        t.properties(client);
        // The request may have been on its way or not.
        t.lane('raw').entries.length = 0;
      },
    })),
  ),
  {
    name: 'wss: to a server that does not speak TLS, and the other way round',
    async play(t) {
      const plain = await t.rawServer(() => {});
      const client = dial(t, [plain.url.replace('ws:', 'wss:'), TRUSTING], {
        events: ['upgrade', 'open', 'close'],
      });
      client.on('error', (error) => {
        t.note('error', error.constructor.name, typeof error.code);
        t.properties(client, ['readyState', '_req', '_errorEmitted']);
      });
      const ended = t.until('subject close');
      setTimeout(() => client._req?.socket?.destroy(), 50);
      await ended;
      t.lane('raw').entries.length = 0;

      const secure = await tlsServer(t, () => {});
      dial(t, [secure.url.replace('wss:', 'ws:')]);
      await t.until('subject close', { count: 2 });
    },
  },
  {
    name: 'a redirect from one to the other, and back',
    async play(t) {
      const secure = await tlsServer(t, ({ accept, number }) =>
        number === 1 ? redirectTo(plain.url) : switching(accept),
      );
      const plain = await t.rawServer(() => redirectTo(`${secure.url}/end`));
      t.hidePort(plain.port, 'plain');
      dial(t, [
        secure.url,
        {
          ...TRUSTING,
          followRedirects: true,
          headers: { Authorization: 'secret', Cookie: 'a=b', Host: 'own.test' },
        },
      ]);
      await t.until(/^subject (?:open|close)/);
    },
  },
  {
    name: 'an agent with the options of TLS',
    async play(t) {
      const { url } = await tlsServer(t, ({ accept }) => switching(accept));
      const agent = new https.Agent({ ...TRUSTING, keepAlive: true });
      t.after(() => agent.destroy());
      const client = dial(t, [url, { agent }]);
      await t.until('subject open');
      describe(t, client);
    },
  },
];
