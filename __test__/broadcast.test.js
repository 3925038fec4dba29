'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Peer, startServer } = require('./support/connections');
const subject = require('./support/subject');
const { eventOf, within } = require('./support/waiting');

const RECEIVERS = 100;

const KINDS = {
  plain: {},
  'compressed, no context taken over': {
    perMessageDeflate: { threshold: 0, serverNoContextTakeover: true },
  },
  'compressed, context taken over': { perMessageDeflate: { threshold: 0 } },
};

for (const [kind, options] of Object.entries(KINDS)) {
  test(`everyone gets what was sent to everyone (${kind})`, async (t) => {
    const { clients, received } = await gather(t, options);
    const large = Buffer.alloc(70_000, 'large ');

    for (const client of clients) client.send('a string');
    for (const client of clients) client.send(Buffer.from('bytes'));
    for (const client of clients) client.send('bytes');
    for (const client of clients) client.send('bytes', { binary: true });
    for (const client of clients) client.send('');
    for (const client of clients) client.send(large);
    for (const client of clients) client.send(large, { compress: false });

    const expected = [
      'text: a string',
      'binary: bytes',
      'text: bytes',
      'binary: bytes',
      'text: ',
      `binary: ${large}`,
      `binary: ${large}`,
    ];

    for (const messages of await received(expected.length)) {
      assert.deepEqual(messages, expected);
    }
  });

  // `ws` compresses later, and sends what the Buffer has become by then.
  if (!(subject.isControl && options.perMessageDeflate)) {
    test(`a Buffer may be changed between two of its sends (${kind})`, async (t) => {
      const { clients, received } = await gather(t, options);
      const buffer = Buffer.from('message 000 of 100');

      for (const [index, client] of clients.entries()) {
        buffer.write(String(index >> 1).padStart(3, '0'), 8);
        client.send(buffer);
      }
      buffer.fill(0);

      for (const [index, messages] of (await received(1)).entries()) {
        const number = String(index >> 1).padStart(3, '0');

        assert.deepEqual(messages, [`binary: message ${number} of 100`]);
      }
    });
  }

  test(`what is for all and what is for one keeps its order (${kind})`, async (t) => {
    const { clients, received } = await gather(t, options);
    const told = clients.map(() => []);

    for (let round = 0; round < 20; round++) {
      const news = Buffer.from(`news ${round}`);

      for (const [index, client] of clients.entries()) {
        if (round % 3 === index % 3) client.send(`for you: ${round}`);
        client.send(news, (error) => told[index].push(error ?? round));
        if (round % 4 === index % 4) client.ping();
      }
      if (round % 5 === 4) await new Promise(setImmediate);
    }
    const fragments = clients[0];

    fragments.send('frag', { fin: false });
    for (const client of clients.slice(1)) client.send('ments');
    fragments.send('ments', { fin: true });

    const all = await received((index) => expected(index).length);

    for (const [index, messages] of all.entries()) {
      assert.deepEqual(messages, expected(index));
      assert.deepEqual(told[index], [...Array(20).keys()]);
    }

    function expected(index) {
      const list = [];

      for (let round = 0; round < 20; round++) {
        if (round % 3 === index % 3) list.push(`text: for you: ${round}`);
        list.push(`binary: news ${round}`);
      }
      return [...list, index === 0 ? 'text: fragments' : 'text: ments'];
    }
  });
}

test('those who are gone do not keep others from hearing', async (t) => {
  const { clients, received } = await gather(t, {});
  const gone = (index) => index % 10 === 7;

  for (const [index, client] of clients.entries()) {
    if (gone(index)) client.terminate();
  }
  for (const client of clients) client.send('still here');
  for (const client of clients) client.send('and more', () => {});

  const all = await received((index) => (gone(index) ? 0 : 2));

  for (const [index, messages] of all.entries()) {
    if (gone(index)) assert.deepEqual(messages, []);
    else assert.deepEqual(messages, ['text: still here', 'text: and more']);
  }
});

/**
 * A server with many clients of `ws`.
 *
 * @returns {Promise<{ clients: WebSocket[], received: (count: any) => Promise<string[][]> }>}
 *     the server's end of each, and what the other end has heard as soon as it is as much as that
 */
async function gather(t, options) {
  const { wss, url } = await startServer(t, subject, options);
  const ends = [];

  // One after the other, so that both ends are known by their number.
  for (let i = 0; i < RECEIVERS; i++) {
    const accepted = eventOf(wss, 'connection');
    const peer = new Peer(url);
    const messages = [];

    peer.on('message', (data, isBinary) => {
      messages.push(`${isBinary ? 'binary' : 'text'}: ${data}`);
      peer.emit('count');
    });
    const [[client]] = await Promise.all([accepted, eventOf(peer, 'open')]);

    ends.push({ client, peer, messages });
  }

  t.after(() => {
    for (const { peer } of ends) peer.terminate();
  });
  return {
    clients: ends.map(({ client }) => client),
    async received(count) {
      for (const [index, { peer, messages }] of ends.entries()) {
        const wanted = typeof count === 'number' ? count : count(index);

        while (messages.length < wanted) {
          await within(
            eventOf(peer, 'count'),
            () => `${messages.length} of ${wanted} messages`,
          );
        }
      }
      return ends.map(({ messages }) => messages);
    },
  };
}
