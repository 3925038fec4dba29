/* The same by way of a class, as it is done where the interface is not enough. */

import * as WS from 'ws';

declare module 'ws' {
  class Extended extends WebSocket {
    user: { name: string } | null;
  }

  interface WebSocket extends Extended {
    tag: string;
  }
}

export function greet(ws: WS.WebSocket): void {
  ws.tag = 'greeted';
  ws.send(ws.user?.name ?? 'nobody');
}
