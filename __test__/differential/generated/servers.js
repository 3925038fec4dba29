'use strict';

const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const fc = require('fast-check');

/** What a port that is no number is taken for; other runs on the machine have theirs. */
const SOCKET_PATH = path.join(os.tmpdir(), `hawser-test-${process.pid}.sock`);

const anyJunk = fc.constantFrom(
  undefined,
  null,
  0,
  1,
  -1,
  '',
  'x',
  true,
  {},
  [],
);

/** The constructor of a server with random options, and its methods in random order. */
module.exports = {
  name: 'WebSocketServer',

  arbitrary: fc.record({
    options: fc.option(
      fc.record(
        {
          port: fc.constantFrom(0, 0, null, undefined, -1, 70_000, SOCKET_PATH),
          server: fc.constantFrom('http', 'http', null, undefined),
          noServer: fc.constantFrom(true, false, undefined),
          host: fc.constantFrom('127.0.0.1'),
          backlog: fc.constantFrom(null, 5),
          path: anyJunk,
          clientTracking: anyJunk,
          perMessageDeflate: anyJunk,
          maxPayload: anyJunk,
          closeTimeout: anyJunk,
          autoPong: anyJunk,
          allowSynchronousEvents: anyJunk,
        },
        { requiredKeys: [] },
      ),
      { nil: undefined },
    ),
    callback: fc.boolean(),
    waits: fc.boolean(),
    calls: fc.array(
      fc.record({
        call: fc.constantFrom('address', 'close', 'shouldHandle', 'turn'),
        callback: fc.boolean(),
        url: fc.constantFrom('/', '/x', 'x', '?a', ''),
      }),
      { maxLength: 5 },
    ),
  }),

  async play(t, { options, callback, waits, calls }) {
    t.catchUncaught();
    t.after(() => fs.rmSync(SOCKET_PATH, { force: true }));
    const given = options && { ...options, host: '127.0.0.1' };
    let own;
    if (given?.server === 'http') {
      given.server = own = http.createServer();
      t.after(() => own.close());
    }
    const wss = t.call(
      'constructor',
      () =>
        new t.ws.WebSocketServer(
          given,
          callback ? t.callback('listening') : undefined,
        ),
    );
    if (!wss) return;
    t.after(() => new Promise((resolve) => wss.close(() => resolve())));
    t.watch(wss, 'server', {
      events: ['listening', 'close', 'error'],
      properties: ['_state', 'path'],
    });
    t.properties(wss, ['clients', '_state', '_shouldEmitClose']);
    t.note('options', Object.entries(wss.options).sort());
    if (waits) {
      if (own) await new Promise((done) => own.listen(0, '127.0.0.1', done));
      await t.settle();
    }

    for (const [index, { call, ...each }] of calls.entries()) {
      const label = `${index} ${call}`;
      const done = each.callback ? t.callback(label) : undefined;
      hidePortOf(t, wss);
      t.call(label, () => {
        if (call === 'address') return wss.address();
        if (call === 'close') return wss.close(done);
        if (call === 'shouldHandle') return wss.shouldHandle({ url: each.url });
        return undefined;
      });
      if (call === 'turn') await t.settle();
    }
    await t.settle();
    t.properties(wss, ['_state', '_server']);
  },
};

function hidePortOf(t, wss) {
  const port = wss._server?.address()?.port;
  if (port) t.hidePort(port);
}
