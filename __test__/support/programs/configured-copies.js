'use strict';

// Asks one copy of the package for two I/O threads, loads the other, and
// echoes with the first. Prints the threads that the engine has then.

const { once } = require('node:events');
const fs = require('node:fs');

const [first, second] = process.argv.slice(2);

main();

async function main() {
  const WebSocket = require(first);
  WebSocket.configure({ ioThreads: 2, takeover: true });
  require(second);

  const wss = new WebSocket.Server({ host: '127.0.0.1', port: 0 });
  wss.on('connection', (ws) => ws.on('message', (data) => ws.send(data)));
  await once(wss, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${wss.address().port}`);
  await once(client, 'open');
  // Whoever moves a message has its thread, which bears its name then.
  client.send('there and back');
  await once(client, 'message');
  console.log(threads().join(' '));
  client.terminate();
  wss.close();
}

function threads() {
  return fs
    .readdirSync('/proc/self/task')
    .map((id) => fs.readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim())
    .filter((name) => name.startsWith('hawser'))
    .sort();
}
