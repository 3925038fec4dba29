'use strict';

// Loads the package again and again, as test runners and reloading servers do:
// its JavaScript anew each time, and its binary once, or that as well.
// Connections of all copies stay open and are used to the end.

const { once } = require('node:events');
const path = require('node:path');

const [folder, binaryToo] = process.argv.slice(2);
const TIMES = 15;

main();

async function main() {
  const pairs = [];
  for (let i = 0; i < TIMES; i++) {
    forgetModules();
    pairs.push(await connect(require(folder)));
    for (const { client } of pairs) await ask(client, `${pairs.length} copies`);
  }
  for (const { client, wss } of pairs) {
    client.close();
    wss.close();
  }
  console.log(`${pairs.length} copies`);
}

function forgetModules() {
  for (const file of Object.keys(require.cache)) {
    const isOurs = file.startsWith(path.join(folder, path.sep));
    if (isOurs && (binaryToo || !file.endsWith('.node')))
      delete require.cache[file];
  }
}

async function connect(WebSocket) {
  const wss = new WebSocket.Server({ host: '127.0.0.1', port: 0 });
  wss.on('connection', (ws) => ws.on('message', (data) => ws.send(data)));
  await once(wss, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${wss.address().port}`);
  await once(client, 'open');
  return { client, wss };
}

async function ask(client, question) {
  client.send(question);
  const [answer] = await once(client, 'message');
  if (String(answer) !== question) throw new Error(`${answer}`);
}
