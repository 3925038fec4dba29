/**
 * The types of `require('hawser')`: a class on which the rest of the API hangs.
 * What they are made of is in types/.
 *
 * They stand in for those of `@types/ws`, and have its shape: for example, two
 * things are called WebSocket, the class that is exported and the interface
 * below it, and `declare module` adds to the latter.
 */

/// <reference types="node" />

import { IncomingMessage } from 'http';
import { Duplex, DuplexOptions } from 'stream';

import engine = require('./types/engine');
import events = require('./types/events');
import messages = require('./types/messages');
import options = require('./types/options');
import protocol = require('./types/protocol');
import server = require('./types/server');
import websocket = require('./types/websocket');

/**
 * A WebSocket, RFC 6455: a client's, made with an address, or a server's, given
 * to the listeners of the server's `connection` event.
 */
declare class WebSocket extends websocket.WebSocket {}

declare const WebSocketAlias: typeof WebSocket;
interface WebSocketAlias extends WebSocket {}

declare namespace WebSocket {
  export import AddressInfo = server.AddressInfo;
  export import BinaryType = messages.BinaryType;
  export import CertMeta = options.CertMeta;
  export import ClientOptions = options.ClientOptions;
  export import CloseEvent = events.CloseEvent;
  export import ConnectionOptions = options.ConnectionOptions;
  export import Data = messages.Data;
  export import EmittedEvents = events.EmittedEvents;
  export import EngineOptions = engine.EngineOptions;
  export import MemoryUsage = engine.MemoryUsage;
  export import ErrorEvent = events.ErrorEvent;
  export import Event = events.Event;
  export import EventListenerOptions = events.EventListenerOptions;
  export import FinishRequestCallback = options.FinishRequestCallback;
  export import MessageEvent = events.MessageEvent;
  export import PerMessageDeflateOptions = options.PerMessageDeflateOptions;
  export import RawData = messages.RawData;
  export import SendableData = messages.SendableData;
  export import SendOptions = messages.SendOptions;
  export import VerifyClientCallbackAsync = options.VerifyClientCallbackAsync;
  export import VerifyClientCallbackSync = options.VerifyClientCallbackSync;
  export import WebSocketEventMap = events.WebSocketEventMap;
  /**
   * Options of a server. One and only one of `port`, `server` and `noServer` has
   * to be given.
   */
  interface ServerOptions<
    U extends typeof websocket.WebSocket = typeof WebSocket.WebSocket,
    V extends typeof IncomingMessage = typeof IncomingMessage,
  > extends options.ServerOptions<U, V> {}

  /** The arguments of each event that a server emits. */
  interface ServerEvents<
    T extends typeof websocket.WebSocket = typeof WebSocket.WebSocket,
    U extends typeof IncomingMessage = typeof IncomingMessage,
  > extends server.ServerEvents<T, U> {}

  /**
   * A WebSocket server.
   *
   * @typeParam T - the class of its WebSockets
   * @typeParam U - the class of the upgrade requests
   */
  class Server<
    T extends typeof websocket.WebSocket = typeof WebSocket.WebSocket,
    U extends typeof IncomingMessage = typeof IncomingMessage,
  > extends server.Server<T, U> {
    /** The options with their values. */
    options: ServerOptions<T, U>;
    /**
     * Makes a server, and with `port` starts it.
     *
     * @param options - options of the server
     * @param callback - with `port`: called when the server listens
     * @throws TypeError unless exactly one of `port`, `server` and `noServer` is
     *   given
     */
    constructor(options?: ServerOptions<T, U>, callback?: () => void);
  }

  /** A WebSocket server. */
  const WebSocketServer: typeof Server;
  /** A WebSocket server. */
  interface WebSocketServer extends Server {}

  /** The class WebSocket itself. */
  const WebSocket: typeof WebSocketAlias;
  /** A WebSocket; `declare module` may add to it. */
  interface WebSocket extends WebSocketAlias {}

  /**
   * Wraps a WebSocket in a stream. Ending either closes the other.
   *
   * @param websocket - the WebSocket
   * @param options - options of the stream. `autoDestroy`, `emitClose`, `objectMode`
   *   and `writableObjectMode` have no effect; with `readableObjectMode` text
   *   is read as strings
   */
  function createWebSocketStream(
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
}

export = WebSocket;
