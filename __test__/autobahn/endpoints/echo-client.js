'use strict';

/*
 * echo-client.js URL CONCURRENCY SECONDS CASE...
 *
 * Asks a fuzzing server for one case after another and echoes; prints for each how many 'close' events there were, and
 * whether it had to be given up after SECONDS.
 */

const { WebSocket, OPTIONS, echo } = require('./subject');

const [url, concurrency, seconds, ...cases] = process.argv.slice(2);

main();

async function main() {
  const queue = cases.map((id, i) => ({ id, place: i + 1 }));
  const workers = Array.from({ length: Number(concurrency) }, async () => {
    while (queue.length > 0) await play(queue.shift());
  });
  await Promise.all(workers);
  // Makes the server finish.
  await connection('/updateReports?agent=hawser');
  process.exit();
}

async function play({ id, place }) {
  const outcome = await connection(
    `/runCase?case=${place}&agent=hawser&id=${id}`,
  );
  console.log(JSON.stringify({ id, ...outcome }));
}

function connection(path) {
  const websocket = new WebSocket(url + path, OPTIONS);
  let closes = 0;
  websocket.on('error', () => {});
  echo(websocket);
  return new Promise((resolve) => {
    const deadline = setTimeout(
      () => {
        resolve({ closes, hung: true });
        websocket.terminate();
      },
      Number(seconds) * 1000,
    );
    websocket.on('close', () => {
      closes++;
      clearTimeout(deadline);
      // A second event would come at once.
      setImmediate(() => resolve({ closes, hung: false }));
    });
  });
}
