'use strict';

/**
 * The implementation under test: hawser, or, with `HAWSER_TEST_SUBJECT=ws`, the
 * package it stands in for. Running the same tests against `ws` shows that they
 * describe `ws` and not what we believe about it.
 */
const isControl = process.env.HAWSER_TEST_SUBJECT === 'ws';

const WebSocket = isControl ? require('ws') : require('../..');

module.exports = {
  WebSocket,
  WebSocketServer: WebSocket.WebSocketServer,
  createWebSocketStream: WebSocket.createWebSocketStream,
  isControl,
};
