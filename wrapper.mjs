import configure from './lib/configure.js';
import createWebSocketStream from './lib/stream.js';
import extension from './lib/extension.js';
import limits from './lib/limits.js';
import PerMessageDeflate from './lib/permessage-deflate.js';
import Receiver from './lib/receiver.js';
import Sender from './lib/sender.js';
import subprotocol from './lib/subprotocol.js';
import WebSocket from './lib/websocket.js';
import WebSocketServer from './lib/websocket-server.js';

const { memoryUsage } = limits;

export {
  configure,
  createWebSocketStream,
  extension,
  memoryUsage,
  PerMessageDeflate,
  Receiver,
  Sender,
  subprotocol,
  WebSocket,
  WebSocketServer,
};

export default WebSocket;
