/*
 * Each name that `@types/ws` exports, beside hawser's: whether the one can be
 * used where the other is expected, in both directions unless it says why not.
 * It is compiled, never run.
 */

import { expectTypeOf } from 'expect-type';
import type { IncomingMessage } from 'node:http';
import type { Duplex, DuplexOptions } from 'node:stream';

import Hawser = require('hawser');
import Types = require('types-of-ws');

type Client = typeof Hawser;
type TypesClient = typeof Types;

// Values: nothing is missing, and each stands in for its counterpart.

expectTypeOf<Exclude<keyof TypesClient, keyof Client>>().toBeNever();
expectTypeOf<Client>().toExtend<TypesClient>();
expectTypeOf<Client['createWebSocketStream']>().toEqualTypeOf<
  (ws: Hawser.WebSocket, options?: DuplexOptions) => Duplex
>();
expectTypeOf<Parameters<Client['createWebSocketStream']>[0]>().toExtend<
  Parameters<TypesClient['createWebSocketStream']>[0]
>();

// WebSocket.

expectTypeOf<Exclude<keyof Types, keyof Hawser>>().toBeNever();
expectTypeOf<Exclude<keyof Hawser, keyof Types>>().toBeNever();
expectTypeOf<Hawser>().toExtend<Types>();
expectTypeOf<Types>().toExtend<Hawser>();
expectTypeOf<Hawser.WebSocket>().toExtend<Types.WebSocket>();
expectTypeOf<Types.WebSocket>().toExtend<Hawser.WebSocket>();

type Properties =
  | 'binaryType'
  | 'bufferedAmount'
  | 'extensions'
  | 'isPaused'
  | 'protocol'
  | 'readyState'
  | 'url'
  | 'CONNECTING'
  | 'OPEN'
  | 'CLOSING'
  | 'CLOSED';

expectTypeOf<Readonly<Pick<Hawser, Properties>>>().toEqualTypeOf<
  Readonly<Pick<Types, Properties>>
>();
expectTypeOf<
  Pick<Client, 'CONNECTING' | 'OPEN' | 'CLOSING' | 'CLOSED'>
>().toEqualTypeOf<
  Pick<TypesClient, 'CONNECTING' | 'OPEN' | 'CLOSING' | 'CLOSED'>
>();
expectTypeOf<Parameters<Types['send']>[0]>().toExtend<Hawser.SendableData>();
expectTypeOf<Hawser.SendableData>().toExtend<Parameters<Types['send']>[0]>();
expectTypeOf<Parameters<Types['send']>>().toExtend<
  Parameters<Hawser['send']>
>();
expectTypeOf<Parameters<Types['close']>>().toExtend<
  Parameters<Hawser['close']>
>();
expectTypeOf<Parameters<Types['ping']>>().toExtend<
  Parameters<Hawser['ping']>
>();
expectTypeOf<Parameters<Types['pong']>>().toExtend<
  Parameters<Hawser['pong']>
>();
expectTypeOf<ConstructorParameters<TypesClient>>().toExtend<
  ConstructorParameters<Client>
>();

// Data and events.

expectTypeOf<Hawser.RawData>().toEqualTypeOf<Types.RawData>();
expectTypeOf<Hawser.Data>().toEqualTypeOf<Types.Data>();
expectTypeOf<Hawser.CertMeta>().toEqualTypeOf<Types.CertMeta>();
expectTypeOf<Hawser.AddressInfo>().toEqualTypeOf<Types.AddressInfo>();
expectTypeOf<Hawser.EventListenerOptions>().toEqualTypeOf<Types.EventListenerOptions>();
expectTypeOf<keyof Hawser.WebSocketEventMap>().toEqualTypeOf<
  keyof Types.WebSocketEventMap
>();
expectTypeOf<Hawser.WebSocketEventMap>().toExtend<Types.WebSocketEventMap>();
expectTypeOf<Types.WebSocketEventMap>().toExtend<Hawser.WebSocketEventMap>();
expectTypeOf<Omit<Hawser.Event, 'target'>>().toEqualTypeOf<
  Omit<Types.Event, 'target'>
>();
expectTypeOf<Omit<Hawser.ErrorEvent, 'target'>>().toEqualTypeOf<
  Omit<Types.ErrorEvent, 'target'>
>();
expectTypeOf<Omit<Hawser.CloseEvent, 'target'>>().toEqualTypeOf<
  Omit<Types.CloseEvent, 'target'>
>();
expectTypeOf<Omit<Hawser.MessageEvent, 'target'>>().toEqualTypeOf<
  Omit<Types.MessageEvent, 'target'>
>();

// Options: none is missing, and those that both have are the same.

type Same<Ours, Theirs> = {
  [Name in keyof Theirs]-?: Name extends keyof Ours
    ? [Ours[Name]] extends [Theirs[Name]]
      ? [Theirs[Name]] extends [Ours[Name]]
        ? never
        : Name
      : Name
    : Name;
}[keyof Theirs];

expectTypeOf<Same<Hawser.ClientOptions, Types.ClientOptions>>().toBeNever();
expectTypeOf<Hawser.ClientOptions>().toExtend<Types.ClientOptions>();
expectTypeOf<Types.ClientOptions>().toExtend<Hawser.ClientOptions>();
expectTypeOf<
  Exclude<keyof Hawser.ClientOptions, keyof Types.ClientOptions>
>().toEqualTypeOf<
  | 'closeTimeout'
  | 'maxBufferedAmount'
  | 'maxPendingAutoPongs'
  | 'protocols'
  // of tls.connect()
  | 'ALPNProtocols'
  | 'enableTrace'
  | 'minDHSize'
  | 'pskCallback'
  | 'requestOCSP'
  | 'secureContext'
  | 'servername'
  | 'session'
>();

expectTypeOf<
  Same<Hawser.PerMessageDeflateOptions, Types.PerMessageDeflateOptions>
>().toBeNever();
expectTypeOf<Hawser.PerMessageDeflateOptions>().toEqualTypeOf<Types.PerMessageDeflateOptions>();

expectTypeOf<
  Same<
    Omit<Hawser.ServerOptions, 'WebSocket'>,
    Omit<Types.ServerOptions, 'WebSocket'>
  >
>().toBeNever();
expectTypeOf<Hawser.ServerOptions>().toExtend<Types.ServerOptions>();
expectTypeOf<
  Omit<Types.ServerOptions, 'WebSocket'>
>().toExtend<Hawser.ServerOptions>();
expectTypeOf<
  Exclude<keyof Hawser.ServerOptions, keyof Types.ServerOptions>
>().toEqualTypeOf<
  'closeTimeout' | 'maxBufferedAmount' | 'maxPendingAutoPongs'
>();

expectTypeOf<Hawser.VerifyClientCallbackSync>().toEqualTypeOf<Types.VerifyClientCallbackSync>();
expectTypeOf<Hawser.VerifyClientCallbackAsync>().toEqualTypeOf<Types.VerifyClientCallbackAsync>();
expectTypeOf<Hawser.FinishRequestCallback>().toExtend<Types.FinishRequestCallback>();
expectTypeOf<Types.FinishRequestCallback>().toExtend<Hawser.FinishRequestCallback>();

// The server.

expectTypeOf<Exclude<keyof Types.Server, keyof Hawser.Server>>().toBeNever();
expectTypeOf<Exclude<keyof Hawser.Server, keyof Types.Server>>().toBeNever();
expectTypeOf<Hawser.Server>().toExtend<Types.Server>();
expectTypeOf<Hawser.WebSocketServer>().toExtend<Types.WebSocketServer>();
expectTypeOf<Hawser.Server['clients']>().toEqualTypeOf<Set<Hawser>>();
expectTypeOf<Hawser.WebSocketServer>().toExtend<Hawser.Server>();
expectTypeOf<Hawser.Server>().toExtend<Hawser.WebSocketServer>();
expectTypeOf<Parameters<Types.Server['close']>>().toEqualTypeOf<
  Parameters<Hawser.Server['close']>
>();
expectTypeOf<ReturnType<Hawser.Server['address']>>().toEqualTypeOf<
  ReturnType<Types.Server['address']>
>();
expectTypeOf<Parameters<Hawser.Server['shouldHandle']>>().toEqualTypeOf<
  [request: IncomingMessage]
>();

// A library may have been typed with `@types/ws` and still be given hawser's.

class Wrapped extends Hawser {}

const passedToLibrary: {
  client: Types.WebSocket;
  data: Types.RawData;
  message: Types.MessageEvent['data'];
  server: Types.Server;
} = {
  client: new Wrapped('ws://localhost'),
  data: Buffer.alloc(0) as Hawser.RawData,
  message: '' as Hawser.Data,
  server: new Hawser.WebSocketServer({ noServer: true }),
};

export { passedToLibrary };
