'use strict';

/*
 * A server whose I/O thread stalls when it is sent something, and which exits meanwhile.
 *
 *   node exit-while-stalled.js ADDON MILLISECONDS
 *
 * The addon is the build that stalls when it is asked to (`npm run test:panics`).
 */

const { WebSocketServer } = require('../../..');

const [addon, milliseconds] = process.argv.slice(2);
const native = require(addon);

const wss = new WebSocketServer({ host: '127.0.0.1', port: 0 });

wss.on('listening', () => console.log(`port ${wss.address().port}`));
wss.on('connection', (websocket) => {
  websocket.on('message', () => {
    native.forceStall(Number(milliseconds));
    websocket.send('stalls');
    setImmediate(exitWhenItStalls, websocket);
  });
});

function exitWhenItStalls(websocket) {
  if (native.forceStall(0) === 1) {
    setImmediate(exitWhenItStalls, websocket);
    return;
  }

  websocket.send('while it stalls');
  setImmediate(() => {
    websocket.send('last word');
    process.exit();
  });
}
