'use strict';

// Cross-site WebSocket hijacking: the example of docs/hardening.md holds what it says.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const vm = require('node:vm');
const { stopServer } = require('../support/connections');
const { exchange } = require('../support/raw-http');
const { connectRawClient } = require('../support/raw-peer');
const subject = require('../support/subject');
const { upgradeRequest } = require('../support/upgrade-request');
const { eventOf } = require('../support/waiting');

const GUIDE = path.join(__dirname, '..', '..', 'docs', 'hardening.md');

/** What must not be let in. */
const FOREIGN = [
  null,
  '',
  'null',
  'https://evil.example',
  'http://example.com',
  'https://example.com:8443',
  'https://example.com.evil.example',
  'https://evil-example.com',
  'https://example.com@evil.example',
  'https://example.com/',
  'https://EXAMPLE.com',
  'https://example.com, https://evil.example',
  ['https://evil.example', 'https://example.com'],
  '__proto__',
];

test('the example of the guide lets in whom it names, and nobody else', async (t) => {
  const port = await runExample(t);

  for (const origin of FOREIGN) {
    const { status, ended } = await exchange(
      t,
      port,
      upgradeRequest({ Origin: origin }),
    );
    assert.equal(status, 401, `${origin}`);
    assert.ok(ended);
  }

  for (const origin of ['https://example.com', 'https://app.example.com']) {
    const raw = await connectRawClient(t, port, {
      headers: [`Origin: ${origin}`],
    });
    raw.text('hello');
    const [frame] = await raw.firstFrames(1);
    assert.equal(`${frame.payload}`, 'you said hello');
  }
});

test('the header of the old protocol does not get past it', async (t) => {
  const port = await runExample(t);

  const { status } = await exchange(
    t,
    port,
    upgradeRequest({
      Origin: 'https://example.com',
      'Sec-WebSocket-Origin': 'https://evil.example',
      'Sec-WebSocket-Version': '8',
    }),
  );

  assert.equal(status, 401);
});

/** Runs the example, on a port that is free. */
async function runExample(t) {
  const text = fs.readFileSync(GUIDE, 'utf8');
  const [section] = text.split('## Check the Origin')[1].split('\n## ');
  const [, code] = /```js\n(.*?)```/s.exec(section);
  let server;
  class Server extends subject.WebSocketServer {
    constructor(options) {
      super({ ...options, host: '127.0.0.1', port: 0 });
      server = this;
    }
  }
  vm.runInNewContext(code, {
    require: () => ({ ...subject, WebSocketServer: Server }),
    Set,
  });
  t.after(() => stopServer(server));
  await eventOf(server, 'listening');
  return server.address().port;
}
