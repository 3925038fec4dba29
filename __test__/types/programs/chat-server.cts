/* Rooms on a server with its own classes of connections and requests. */

import { IncomingMessage, createServer } from 'node:http';

import WebSocket = require('ws');

class Member extends WebSocket {
  name = 'nobody';
  room: Room | undefined;

  join(room: Room): this {
    this.room = room;
    room.members.add(this);
    return this;
  }

  override send(data: any, ...rest: any[]): void {
    super.send(data, rest[0], rest[1]);
  }

  override close(code?: number, data?: string | Buffer): void {
    this.room?.members.delete(this);
    super.close(code, data);
  }

  override on(
    event: string | symbol,
    listener: (this: WebSocket, ...args: any[]) => void,
  ): this {
    return super.on(event, listener);
  }
}

class KnownRequest extends IncomingMessage {
  user: { name: string } = { name: 'nobody' };
}

class Room {
  readonly members = new Set<Member>();

  broadcast(data: WebSocket.Data, from?: WebSocket): void {
    for (const member of this.members) {
      if (member !== from && member.readyState === WebSocket.OPEN) {
        member.send(data);
      }
    }
  }
}

const http = createServer<typeof KnownRequest>({
  IncomingMessage: KnownRequest,
});

const options: WebSocket.ServerOptions<typeof Member, typeof KnownRequest> = {
  handleProtocols: (protocols: Set<string>, request: KnownRequest) =>
    protocols.has(request.user.name) ? request.user.name : false,
  server: http,
  verifyClient: (info: { req: KnownRequest }) =>
    info.req.user.name !== 'nobody',
  WebSocket: Member,
};

const wss = new WebSocket.Server<typeof Member, typeof KnownRequest>(options);
const lobby = new Room();

wss.on('connection', function (member, request) {
  const known: KnownRequest = request;
  member.name = known.user.name;
  member.join(lobby);

  member.on('message', (data: WebSocket.RawData, isBinary: boolean) => {
    lobby.broadcast(isBinary ? data : data.toString(), member);
  });
  member.once('close', (code: number, reason: Buffer) => {
    lobby.broadcast(`${member.name} left: ${code} ${reason.toString()}`);
  });
  this.clients.forEach((client: Member) => client.ping());
});

wss.on('headers', (headers, request) => {
  headers.push(`X-Name: ${request.user.name}`);
});

const members: Set<Member> = wss.clients;
const Class: typeof Member | undefined = wss.options.WebSocket;

class Servers {
  private readonly all: WebSocket.Server[] = [];
  readonly byPath = new Map<string, WebSocket.WebSocketServer>();

  add(path: string, server: WebSocket.WebSocketServer): void {
    this.all.push(server);
    this.byPath.set(path, server);
  }

  async closeAll(): Promise<void> {
    await Promise.all(
      this.all.map(
        (server) =>
          new Promise<void>((resolve, reject) => {
            server.close((error) => (error ? reject(error) : resolve()));
          }),
      ),
    );
  }
}

new Servers().add('/', new WebSocket.WebSocketServer({ port: 0 }));

export { lobby, members, Class };
