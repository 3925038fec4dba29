/*
 * The same as equivalence.cts for ES modules, where the types are other ones:
 * there the class does not carry the rest of the API. It is compiled, never run.
 */

import { expectTypeOf } from 'expect-type';

import * as Hawser from 'hawser';
import type * as Types from 'types-of-ws/module';

// Values.

expectTypeOf<Exclude<keyof typeof Types, keyof typeof Hawser>>().toBeNever();
expectTypeOf<typeof Hawser>().toExtend<typeof Types>();
expectTypeOf<typeof Hawser.WebSocket>().toExtend<typeof Types.WebSocket>();
expectTypeOf<typeof Types.WebSocket>().toExtend<typeof Hawser.WebSocket>();
expectTypeOf<typeof Hawser.default>().toEqualTypeOf<typeof Hawser.WebSocket>();
expectTypeOf<
  Exclude<keyof typeof Hawser.WebSocket, keyof typeof Types.WebSocket>
>().toBeNever();

// Instances.

expectTypeOf<Hawser.WebSocket>().toExtend<Types.WebSocket>();
expectTypeOf<Types.WebSocket>().toExtend<Hawser.WebSocket>();
expectTypeOf<
  Exclude<keyof Hawser.WebSocket, keyof Types.WebSocket>
>().toBeNever();
expectTypeOf<
  Exclude<keyof Types.WebSocket, keyof Hawser.WebSocket>
>().toBeNever();
expectTypeOf<Hawser.Server>().toExtend<Types.Server>();
expectTypeOf<Types.Server>().toExtend<Hawser.Server>();
expectTypeOf<Hawser.WebSocketServer>().toExtend<Types.WebSocketServer>();
expectTypeOf<Hawser.Server['clients']>().toEqualTypeOf<Set<Hawser.WebSocket>>();

// Types.

expectTypeOf<Hawser.RawData>().toEqualTypeOf<Types.RawData>();
expectTypeOf<Hawser.Data>().toEqualTypeOf<Types.Data>();
expectTypeOf<Hawser.ClientOptions>().toExtend<Types.ClientOptions>();
expectTypeOf<Types.ClientOptions>().toExtend<Hawser.ClientOptions>();
expectTypeOf<Hawser.ServerOptions>().toExtend<Types.ServerOptions>();
expectTypeOf<Types.ServerOptions>().toExtend<Hawser.ServerOptions>();
expectTypeOf<Hawser.MessageEvent>().toExtend<Types.MessageEvent>();
expectTypeOf<Types.MessageEvent>().toExtend<Hawser.MessageEvent>();
expectTypeOf<Hawser.VerifyClientCallbackAsync>().toEqualTypeOf<Types.VerifyClientCallbackAsync>();
expectTypeOf<Hawser.VerifyClientCallbackSync>().toEqualTypeOf<Types.VerifyClientCallbackSync>();

// The classes of the two module systems stand in for each other, too.

type CommonJS = typeof import('hawser', {
  with: { 'resolution-mode': 'require' },
});

expectTypeOf<
  InstanceType<CommonJS['WebSocket']>
>().toExtend<Hawser.WebSocket>();
expectTypeOf<Hawser.WebSocket>().toExtend<
  InstanceType<CommonJS['WebSocket']>
>();
