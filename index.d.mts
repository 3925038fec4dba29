/**
 * The types of `import ... from 'hawser'`: those of index.d.ts, in the places
 * where wrapper.mjs has the values. Here the class does not carry the rest of
 * the API, so `WebSocket.Server` does not exist. What they are made of is in
 * types/.
 */

import { IncomingMessage } from 'http';
import { Duplex, DuplexOptions } from 'stream';

import engine = require('./types/engine.js');
import protocol = require('./types/protocol.js');
import server = require('./types/server.js');
import websocket = require('./types/websocket.js');

import WebSocket = websocket.WebSocket;

export import AddressInfo = WebSocket.AddressInfo;
export import BinaryType = WebSocket.BinaryType;
export import CertMeta = WebSocket.CertMeta;
export import ClientOptions = WebSocket.ClientOptions;
export import CloseEvent = WebSocket.CloseEvent;
export import ConnectionOptions = WebSocket.ConnectionOptions;
export import Data = WebSocket.Data;
export import EmittedEvents = WebSocket.EmittedEvents;
export import EngineOptions = WebSocket.EngineOptions;
export import MemoryUsage = WebSocket.MemoryUsage;
export import ErrorEvent = WebSocket.ErrorEvent;
export import Event = WebSocket.Event;
export import EventListenerOptions = WebSocket.EventListenerOptions;
export import FinishRequestCallback = WebSocket.FinishRequestCallback;
export import MessageEvent = WebSocket.MessageEvent;
export import PerMessageDeflateOptions = WebSocket.PerMessageDeflateOptions;
export import RawData = WebSocket.RawData;
export import SendableData = WebSocket.SendableData;
export import SendOptions = WebSocket.SendOptions;
export import ServerEvents = WebSocket.ServerEvents;
export import ServerOptions = WebSocket.ServerOptions;
export import VerifyClientCallbackAsync = WebSocket.VerifyClientCallbackAsync;
export import VerifyClientCallbackSync = WebSocket.VerifyClientCallbackSync;
export import WebSocketEventMap = WebSocket.WebSocketEventMap;

/**
 * A WebSocket server.
 *
 * @typeParam T - the class of its WebSockets
 * @typeParam U - the class of the upgrade requests
 */
declare class Server<
  T extends typeof WebSocket = typeof WebSocket,
  U extends typeof IncomingMessage = typeof IncomingMessage,
> extends server.Server<T, U> {
  /** The options with their values. */
  options: WebSocket.ServerOptions<T, U>;
  /**
   * Makes a server, and with `port` starts it.
   *
   * @param options - options of the server
   * @param callback - with `port`: called when the server listens
   * @throws TypeError unless exactly one of `port`, `server` and `noServer` is
   *   given
   */
  constructor(options?: WebSocket.ServerOptions<T, U>, callback?: () => void);
}

/** A WebSocket server. */
export const WebSocketServer: typeof Server;
/** A WebSocket server. */
export interface WebSocketServer extends Server {}

/**
 * Wraps a WebSocket in a stream. Ending either closes the other.
 *
 * @param websocket - the WebSocket
 * @param options - options of the stream. `autoDestroy`, `emitClose`, `objectMode`
 *   and `writableObjectMode` have no effect; with `readableObjectMode` text
 *   is read as strings
 */
export function createWebSocketStream(
  websocket: WebSocket,
  options?: DuplexOptions,
): Duplex;

export import configure = engine.configure;
export import memoryUsage = engine.memoryUsage;
export import extension = protocol.extension;
export import PerMessageDeflate = protocol.PerMessageDeflate;
export import Receiver = protocol.Receiver;
export import Sender = protocol.Sender;
export import subprotocol = protocol.subprotocol;

export { WebSocket, type Server };
export default WebSocket;
