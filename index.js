'use strict';

const configure = require('./lib/configure');
const { memoryUsage } = require('./lib/limits');
const extension = require('./lib/extension');
const PerMessageDeflate = require('./lib/permessage-deflate');
const Receiver = require('./lib/receiver');
const Sender = require('./lib/sender');
const createWebSocketStream = require('./lib/stream');
const subprotocol = require('./lib/subprotocol');
const WebSocketServer = require('./lib/websocket-server');

/** @type {any} */
const WebSocket = require('./lib/websocket');

// Assigned one by one, so that tools which look for the named exports of a
// CommonJS module find them.
WebSocket.configure = configure;
WebSocket.createWebSocketStream = createWebSocketStream;
WebSocket.extension = extension;
WebSocket.memoryUsage = memoryUsage;
WebSocket.PerMessageDeflate = PerMessageDeflate;
WebSocket.Receiver = Receiver;
WebSocket.Sender = Sender;
WebSocket.Server = WebSocketServer;
WebSocket.subprotocol = subprotocol;
WebSocket.WebSocket = WebSocket;
WebSocket.WebSocketServer = WebSocketServer;

module.exports = WebSocket;
