/**
 * The types of `import ... from 'hawser'`: those of index.d.ts, in the places
 * where wrapper.mjs has the values. There the class does not carry the rest of
 * the API, so `WebSocket.Server` does not exist.
 */

import { IncomingMessage } from 'http';

import CommonJS = require('./index.js');

/**
 * A WebSocket: a client's, made with an address, or a server's, given to the
 * listeners of the server's `connection` event.
 */
declare class WebSocket extends CommonJS.WebSocket {}

declare namespace WebSocket {
  export import AddressInfo = CommonJS.AddressInfo;
  export import BinaryType = CommonJS.BinaryType;
  export import CertMeta = CommonJS.CertMeta;
  export import ClientOptions = CommonJS.ClientOptions;
  export import CloseEvent = CommonJS.CloseEvent;
  export import ConnectionOptions = CommonJS.ConnectionOptions;
  export import Data = CommonJS.Data;
  export import EmittedEvents = CommonJS.EmittedEvents;
  export import EngineOptions = CommonJS.EngineOptions;
  export import ErrorEvent = CommonJS.ErrorEvent;
  export import Event = CommonJS.Event;
  export import EventListenerOptions = CommonJS.EventListenerOptions;
  export import FinishRequestCallback = CommonJS.FinishRequestCallback;
  export import MessageEvent = CommonJS.MessageEvent;
  export import PerMessageDeflateOptions = CommonJS.PerMessageDeflateOptions;
  export import RawData = CommonJS.RawData;
  export import SendableData = CommonJS.SendableData;
  export import SendOptions = CommonJS.SendOptions;
  export import ServerEvents = CommonJS.ServerEvents;
  export import ServerOptions = CommonJS.ServerOptions;
  export import VerifyClientCallbackAsync = CommonJS.VerifyClientCallbackAsync;
  export import VerifyClientCallbackSync = CommonJS.VerifyClientCallbackSync;
  export import WebSocketEventMap = CommonJS.WebSocketEventMap;
}

/** A WebSocket server. */
declare class Server<
  T extends typeof WebSocket = typeof WebSocket,
  U extends typeof IncomingMessage = typeof IncomingMessage,
> extends CommonJS.Server<T, U> {}

export import AddressInfo = CommonJS.AddressInfo;
export import BinaryType = CommonJS.BinaryType;
export import CertMeta = CommonJS.CertMeta;
export import ClientOptions = CommonJS.ClientOptions;
export import CloseEvent = CommonJS.CloseEvent;
export import ConnectionOptions = CommonJS.ConnectionOptions;
export import Data = CommonJS.Data;
export import EmittedEvents = CommonJS.EmittedEvents;
export import EngineOptions = CommonJS.EngineOptions;
export import ErrorEvent = CommonJS.ErrorEvent;
export import Event = CommonJS.Event;
export import EventListenerOptions = CommonJS.EventListenerOptions;
export import FinishRequestCallback = CommonJS.FinishRequestCallback;
export import MessageEvent = CommonJS.MessageEvent;
export import PerMessageDeflateOptions = CommonJS.PerMessageDeflateOptions;
export import RawData = CommonJS.RawData;
export import SendableData = CommonJS.SendableData;
export import SendOptions = CommonJS.SendOptions;
export import ServerEvents = CommonJS.ServerEvents;
export import ServerOptions = CommonJS.ServerOptions;
export import VerifyClientCallbackAsync = CommonJS.VerifyClientCallbackAsync;
export import VerifyClientCallbackSync = CommonJS.VerifyClientCallbackSync;
export import WebSocketEventMap = CommonJS.WebSocketEventMap;

export import configure = CommonJS.configure;
export import createWebSocketStream = CommonJS.createWebSocketStream;
export import extension = CommonJS.extension;
export import PerMessageDeflate = CommonJS.PerMessageDeflate;
export import Receiver = CommonJS.Receiver;
export import Sender = CommonJS.Sender;
export import subprotocol = CommonJS.subprotocol;

export const WebSocketServer: typeof Server;
export interface WebSocketServer extends Server {}

export { WebSocket, type Server };
export default WebSocket;
