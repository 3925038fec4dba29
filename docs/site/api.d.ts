/**
 * What `require('hawser')` and `import ... from 'hawser'` give. Where a class has a name of `ws`, it is the one of `ws`.
 *
 * @module API
 */

export {
  WebSocket,
  createWebSocketStream,
  configure,
  memoryUsage,
  extension,
  subprotocol,
  PerMessageDeflate,
  Receiver,
  Sender,
} from '../../index.mjs';
export type {
  AddressInfo,
  BinaryType,
  CertMeta,
  ClientOptions,
  CloseEvent,
  ConnectionOptions,
  Data,
  EmittedEvents,
  EngineOptions,
  ErrorEvent,
  Event,
  EventListenerOptions,
  FinishRequestCallback,
  MemoryUsage,
  MessageEvent,
  PerMessageDeflateOptions,
  RawData,
  SendableData,
  SendOptions,
  VerifyClientCallbackAsync,
  VerifyClientCallbackSync,
  WebSocketEventMap,
} from '../../index.mjs';
import CommonJS = require('../../index.js');
export import WebSocketServer = CommonJS.Server;
export import ServerOptions = CommonJS.ServerOptions;
export import ServerEvents = CommonJS.ServerEvents;
