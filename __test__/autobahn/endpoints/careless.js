'use strict';

const { EventEmitter, once } = require('node:events');
const net = require('node:net');

const { OPCODE, FrameParser, buildFrame } = require('../../support/frames');
const { acceptKeyFor, readHandshake } = require('../../support/raw-peer');

const CLOSE_CODES = new Set([
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011,
]);

/**
 * A WebSocket that is good for good peers and ignores every bad frame: the
 * proof that the judge sees what kosoku does not. It has what the echo programs use of
 * `ws`, no more.
 */
class WebSocket extends EventEmitter {
  #socket;
  #masks;
  #parser = new FrameParser();
  #message = null;

  constructor(url) {
    super();
    if (url === null) return;
    const { port, pathname, search } = new URL(url);
    const socket = net.connect(Number(port), '127.0.0.1');
    const request = [
      `GET ${pathname}${search} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==',
      '\r\n',
    ];
    socket.write(request.join('\r\n'));
    readHandshake(socket).then(
      ({ head }) => this._use(socket, head, true),
      () => this.emit('close'),
    );
  }

  _use(socket, head, masks) {
    this.#socket = socket;
    this.#masks = masks;
    socket.on('error', () => {});
    socket.on('close', () => this.emit('close'));
    socket.on('data', (chunk) => this.#receive(chunk));
    this.#receive(head);
  }

  send(data, { binary }) {
    this.#send(binary ? OPCODE.BINARY : OPCODE.TEXT, data);
  }

  terminate() {
    this.#socket?.destroy();
  }

  #receive(chunk) {
    for (const frame of this.#parser.push(chunk)) {
      if (isFit(frame)) this.#take(frame);
    }
  }

  #take({ opcode, fin, payload }) {
    if (opcode === OPCODE.PING) this.#send(OPCODE.PONG, payload);
    if (opcode === OPCODE.CLOSE) {
      this.#send(OPCODE.CLOSE, payload);
      this.#socket.end();
    }
    if (opcode === OPCODE.TEXT || opcode === OPCODE.BINARY) {
      this.#message = { isBinary: opcode === OPCODE.BINARY, parts: [] };
    }
    if (opcode > OPCODE.BINARY || !this.#message) return;
    this.#message.parts.push(payload);
    if (!fin) return;
    const { isBinary, parts } = this.#message;
    this.#message = null;
    const data = Buffer.concat(parts);
    if (isBinary || isUtf8(data)) this.emit('message', data, isBinary);
  }

  #send(opcode, payload) {
    this.#socket.write(buildFrame({ opcode, payload, mask: this.#masks }));
  }
}

class WebSocketServer extends EventEmitter {
  #server = net.createServer(async (socket) => {
    const { handshake, head } = await readHandshake(socket);
    const response = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptKeyFor(handshake)}`,
      '\r\n',
    ];
    socket.write(response.join('\r\n'));
    const websocket = new WebSocket(null);
    this.emit('connection', websocket);
    websocket._use(socket, head, false);
  });

  constructor({ port, host }) {
    super();
    this.#server.listen(port, host);
    once(this.#server, 'listening').then(() => this.emit('listening'));
  }

  address() {
    return this.#server.address();
  }
}

module.exports = { WebSocket, WebSocketServer };

/** Whether a frame may stand where nothing is known of those before it. */
function isFit({ opcode, fin, rsv1, rsv2, rsv3, payload }) {
  if (rsv1 || rsv2 || rsv3) return false;
  if (opcode === OPCODE.CLOSE && !isFitToClose(payload)) return false;
  return opcode < OPCODE.CLOSE || (fin && payload.length < 126);
}

function isFitToClose(payload) {
  if (payload.length < 2) return payload.length === 0;
  const code = payload.readUInt16BE(0);
  const isKnown = CLOSE_CODES.has(code) || (code >= 3000 && code < 5000);
  return isKnown && isUtf8(payload.subarray(2));
}

function isUtf8(bytes) {
  return Buffer.from(bytes.toString()).equals(bytes);
}
