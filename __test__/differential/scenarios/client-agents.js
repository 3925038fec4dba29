'use strict';

const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const { acceptKeyFor } = require('../../support/raw-peer');
const {
  CLIENT_EVENTS,
  dial,
  redirectTo,
  switching,
} = require('../support/dialling');

/** Notes how many sockets and requests an agent has. */
function count(t, agent, when) {
  const total = (lists) => Object.values(lists).flat().length;
  t.note(when, {
    sockets: total(agent.sockets),
    free: total(agent.freeSockets),
    waiting: total(agent.requests),
  });
}

function ownAgent(t, options, Agent = http.Agent) {
  const agent = new Agent(options);
  t.after(() => agent.destroy());
  return agent;
}

const UPGRADING = ({ accept, socket }) => {
  socket.on('end', () => socket.end());
  return switching(accept);
};

module.exports = [
  ...[{}, { keepAlive: true }, { keepAlive: true, maxSockets: 1 }].map(
    (options) => ({
      name: `an agent with ${JSON.stringify(options)} gives its socket away`,
      async play(t) {
        const { url } = await t.rawServer(UPGRADING);
        const agent = ownAgent(t, options);
        agent.on('free', () => t.note('free'));
        const client = dial(t, [url, { agent }]);
        count(t, agent, 'at once');
        await t.until('subject open');
        await t.turn();
        count(t, agent, 'when open');
        client.terminate();
        await t.until('subject close');
        await t.turn();
        count(t, agent, 'when closed');
      },
    }),
  ),
  {
    name: 'two clients on an agent that has one socket',
    async play(t) {
      const { url } = await t.rawServer(UPGRADING);
      const agent = ownAgent(t, { keepAlive: true, maxSockets: 1 });
      dial(t, [url, { agent }]);
      dial(t, [`${url}/second`, { agent }]);
      count(t, agent, 'at once');
      await t.until('subject open', { count: 2 });
      await t.turn();
      count(t, agent, 'when open');
    },
  },
  {
    name: 'a client that is closed while it waits for a socket of the agent',
    async play(t) {
      const { url } = await t.rawServer(({ number, accept }) =>
        number === 1 ? undefined : switching(accept),
      );
      const agent = ownAgent(t, { maxSockets: 1 });
      const first = dial(t, [url, { agent }]);
      const second = dial(t, [`${url}/second`, { agent }]);
      await t.until('request', { lane: 'raw' });
      count(t, agent, 'while the first is answered');
      second.close();
      await t.until('subject close');
      count(t, agent, 'when the second is closed');
      first.terminate();
      await t.until('subject close', { count: 2 });
      await t.turn();
      count(t, agent, 'when both are closed');
    },
  },
  {
    name: 'a socket that has served a request before',
    async play(t) {
      const { url, port } = await t.rawServer(({ socket, accept }) => {
        // The server of the runner looks at one request of each connection.
        socket.once('data', (bytes) => {
          t.lane('raw').note('second request', bytes.toString('latin1'));
          socket.write(switching(acceptKeyFor(bytes.toString('latin1'))));
          socket.write(Buffer.from([0x81, 0x02, 0x68, 0x69]));
        });
        return accept
          ? switching(accept)
          : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=60\r\n\r\nhi';
      });
      const agent = ownAgent(t, { keepAlive: true });
      await new Promise((resolve) => {
        http.get({ port, host: '127.0.0.1', agent }, (res) => {
          res.resume().on('end', () => setImmediate(resolve));
        });
      });
      count(t, agent, 'before');
      const client = dial(t, [url, { agent }]);
      const { _req: req } = client;
      await t.until('subject message');
      t.note('reused', req.reusedSocket);
      count(t, agent, 'after');
      client.send('and back');
      t.properties(client._socket, ['timeout']);
    },
  },
  {
    name: 'agents that are for something else',
    async play(t) {
      const { url } = await t.rawServer(UPGRADING);
      const secure = ownAgent(t, {}, https.Agent);
      t.call('https for ws', () => new t.ws.WebSocket(url, { agent: secure }));
      t.call(
        'http for wss',
        () =>
          new t.ws.WebSocket(url.replace('ws:', 'wss:'), {
            agent: ownAgent(t, {}),
          }),
      );
    },
  },
  {
    name: 'an agent that makes the connection, in place of createConnection',
    async play(t) {
      const { port } = await t.rawServer(UPGRADING);
      class OwnAgent extends http.Agent {
        createConnection(options, callback) {
          t.note(
            'options',
            Object.keys(options)
              .filter((name) => !/^(?:_|signal)/.test(name))
              .sort(),
          );
          t.properties(options, [
            'host',
            'port',
            'path',
            'socketPath',
            'servername',
            'method',
            'timeout',
            'protocol',
          ]);
          t.note('callback', typeof callback);
          return net.connect(port, '127.0.0.1');
        }
      }
      dial(t, [
        'ws://somewhere.test/path',
        {
          agent: ownAgent(t, {}, OwnAgent),
          createConnection: t.callback('createConnection'),
          handshakeTimeout: 5000,
        },
      ]);
      await t.until('subject open');
    },
  },
  {
    name: 'an agent that is only an object with addRequest()',
    async play(t) {
      const { port } = await t.rawServer(UPGRADING);
      const agent = {
        addRequest(req, options) {
          t.note('addRequest', req, options.host, options.port, options.path);
          req.onSocket(net.connect(port, '127.0.0.1'));
        },
      };
      dial(t, ['ws://somewhere.test/path', { agent }]);
      await t.until('subject open');
    },
  },
  {
    name: 'an agent that fails',
    async play(t) {
      class FailingAgent extends http.Agent {
        createConnection(options, callback) {
          setImmediate(callback, new RangeError('no connection'));
        }
      }
      const agent = ownAgent(t, {}, FailingAgent);
      dial(t, ['ws://somewhere.test/', { agent }]);
      await t.until('subject close');
      count(t, agent, 'afterwards');
    },
  },
  {
    name: 'an agent that is destroyed while its client connects',
    async play(t) {
      const { url } = await t.rawServer(() => {});
      const agent = ownAgent(t, {});
      dial(t, [url, { agent }]);
      await t.until('request', { lane: 'raw' });
      agent.destroy();
      await t.until('subject close');
    },
  },
  {
    name: 'an agent, and a redirect',
    async play(t) {
      const { url } = await t.rawServer((request) =>
        request.number === 1 ? redirectTo('/there') : UPGRADING(request),
      );
      const agent = ownAgent(t, { keepAlive: true, maxSockets: 1 });
      dial(t, [url, { agent, followRedirects: true }], { also: ['redirect'] });
      await t.until('subject open');
      await t.turn();
      count(t, agent, 'afterwards');
    },
  },
  {
    name: 'an agent, and an unexpected response that nobody listens for',
    async play(t) {
      const { url } = await t.rawServer(
        () => 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n',
      );
      const agent = ownAgent(t, { keepAlive: true });
      dial(t, [url, { agent }]);
      await t.until('subject close');
      await t.turn();
      count(t, agent, 'afterwards');
    },
  },
  {
    name: 'the agents of the process are used when it is asked for',
    async play(t) {
      const { url } = await t.rawServer(UPGRADING);
      for (const [index, agent] of [false, null, http.globalAgent].entries()) {
        const client = dial(t, [url, { agent }], { events: CLIENT_EVENTS });
        t.note(
          'agent',
          client._req.agent === http.globalAgent,
          client._req.agent,
        );
        await t.until('subject open', { count: index + 1 });
      }
    },
  },
];
