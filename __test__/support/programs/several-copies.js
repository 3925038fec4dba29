'use strict';

// Loads copies of the package, whose folders are the arguments, one after the
// other, the later ones while the first is in the middle of a batch of
// messages; then lets each of them talk to each. Prints how many answers came.

const { once } = require('node:events');

const [first, ...others] = process.argv.slice(2);
const MESSAGES = 200;

main();

async function main() {
  const copies = [require(first)];
  const early = await connect(copies[0], copies[0]);
  early.server.once('message', () => {
    copies.push(...others.map((folder) => require(folder)));
  });
  await exchange(early.client);

  const pairs = [early];
  for (const A of copies) {
    for (const B of copies) pairs.push(await connect(A, B));
  }
  // All at once: no copy takes what is another's.
  const answers = await Promise.all(
    pairs.map(({ client }) => exchange(client)),
  );
  for (const { client, server, wss } of pairs) {
    client.close(3001, 'enough');
    const [code, reason] = await once(server, 'close');
    if (code !== 3001 || String(reason) !== 'enough') throw new Error(code);
    wss.close();
  }
  const total = answers.reduce((sum, count) => sum + count);
  console.log(`${pairs.length} pairs, ${total} answers`);
}

/** A client of one copy, and the server of another that echoes what it says. */
async function connect(Server, Client) {
  const options = { host: '127.0.0.1', port: 0, perMessageDeflate: true };
  const wss = new Server.WebSocketServer(options);
  await once(wss, 'listening');
  const client = new Client(`ws://127.0.0.1:${wss.address().port}`);
  const [server] = await once(wss, 'connection');
  server.on('message', (data, isBinary) => {
    server.send(data, { binary: isBinary });
  });
  if (client.readyState !== Client.OPEN) await once(client, 'open');
  return { client, server, wss };
}

/** Small messages and large ones, texts and bytes, all of them in one turn. */
async function exchange(client) {
  const sent = Array.from({ length: MESSAGES }, (_, i) =>
    i % 10 === 0 ? Buffer.alloc(20_000, i) : `message ${i}`,
  );
  const answered = new Promise((resolve, reject) => {
    let count = 0;
    client.on('message', function check(data, isBinary) {
      const expected = sent[count++];
      const isRight =
        isBinary === (typeof expected !== 'string') &&
        data.equals(Buffer.from(expected));
      if (!isRight) reject(new Error(`answer ${count} is another`));
      if (count < sent.length) return;
      client.removeListener('message', check);
      resolve(count);
    });
    client.once('close', (code) => reject(new Error(`closed with ${code}`)));
  });
  for (const message of sent) client.send(message);
  return answered;
}
