'use strict';

// hawser only, and only with glibc's malloc.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { WebSocket } = require('ws');
const { runProgram } = require('./support/programs');
const { eventOf } = require('./support/waiting');

const { glibcVersionRuntime } = process.report.getReport().header;
const SIZE = 256 * 1024;
const PAGES = SIZE / 4096;

test(
  'large messages are received in memory that others were received in',
  { skip: !glibcVersionRuntime },
  async (t) => {
    const { line } = runProgram(t, 'receiver');
    const port = await line('port:');
    const client = new WebSocket(`ws://127.0.0.1:${port}`);
    t.after(() => client.terminate());
    await eventOf(client, 'open');
    const payload = Buffer.alloc(SIZE, 'x');
    const rounds = [400, 800, 1200];
    const faults = [];

    for (const count of rounds) {
      const answer = eventOf(client, 'message');

      for (let i = 0; i < 400; i++) client.send(payload);
      await answer;
      faults.push(Number(await line(`faults ${count}:`)));
    }

    // If all were given back each time, it would be one for each page.
    const last = faults.at(-1);
    assert.ok(last < (400 * PAGES) / 2, `${faults.join(', ')} page faults`);
  },
);
