'use strict';

/** Generous enough for the 16 MiB of 9.1.6 and 9.2.6, and the 65,536 fragments of 9.3.1 and 9.4.1. */
const OPTIONS = Object.freeze({
  maxPayload: 32 * 1024 * 1024,
  maxFragments: 0,
  perMessageDeflate: true,
});

/**
 * Who echoes: hawser, `ws` (`HAWSER_TEST_SUBJECT=ws`), or an endpoint that
 * ignores bad frames (`HAWSER_TEST_SUBJECT=careless`), which must be found out.
 */
const subject =
  process.env.HAWSER_TEST_SUBJECT === 'careless'
    ? require('./careless')
    : require('../../support/subject');

module.exports = {
  WebSocket: subject.WebSocket,
  WebSocketServer: subject.WebSocketServer,
  OPTIONS,
  echo,
};

/** Sends each message of a connection back. */
function echo(websocket) {
  websocket.on('message', (data, isBinary) => {
    websocket.send(data, { binary: isBinary });
  });
}
