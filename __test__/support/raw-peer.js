'use strict';

const { createHash } = require('node:crypto');
const net = require('node:net');
const { OPCODE, FrameParser, buildFrame, closePayload } = require('./frames');
const { within } = require('./waiting');

const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * The other end of a connection, by hand: a plain socket that has done the
 * handshake, sends whatever bytes it is told to and keeps every frame it gets.
 */
class RawPeer {
  #parser = new FrameParser();
  #waiting = [];
  #masks;

  /**
   * @param {net.Socket} socket
   * @param {object} options
   * @param {boolean} options.masks whether frames are masked unless said otherwise
   * @param {Buffer} options.head the bytes which came behind the handshake
   * @param {string} options.handshake the request or response of the other end
   */
  constructor(socket, { masks, head, handshake }) {
    this.socket = socket;
    this.handshake = handshake;
    this.frames = [];
    this.ended = false;
    /** @type {((frame: object) => void) | null} told of each frame as it comes */
    this.onFrame = null;
    this.#masks = masks;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.ended = true;
        this.#settle();
        resolve();
      });
    });
    socket.on('error', () => {});
    socket.on('data', (chunk) => this.take(chunk));
    if (head.length > 0) this.take(head);
  }

  /** Sends bytes as they are. */
  write(...chunks) {
    this.socket.write(Buffer.concat(chunks));
  }

  /** Lays out a frame, masked as the role demands. */
  build(frame) {
    return buildFrame({ mask: this.#masks, ...frame });
  }

  /** Sends frames in a single write. */
  send(...frames) {
    this.write(...frames.map((frame) => this.build(frame)));
  }

  text(payload) {
    this.send({ opcode: OPCODE.TEXT, payload });
  }

  close(code, reason) {
    const payload = code === undefined ? '' : closePayload(code, reason);
    this.send({ opcode: OPCODE.CLOSE, payload });
  }

  /**
   * @param {number} count
   * @returns {Promise<object[]>} the first frames of the connection
   */
  firstFrames(count) {
    const arrived = new Promise((resolve, reject) => {
      this.#waiting.push({ count, resolve, reject });
      this.#settle();
    });
    return within(arrived, () => `${this.frames.length} of ${count} frames`);
  }

  /** Waits for the end of the TCP connection. */
  end() {
    return within(this.closed, 'the connection of the raw peer did not end');
  }

  /** @returns {object | undefined} the close frame, if one came */
  get closeFrame() {
    return this.frames.find((frame) => frame.opcode === OPCODE.CLOSE);
  }

  /** @returns {number | undefined} the code in the close frame */
  get closeCode() {
    const payload = this.closeFrame?.payload;
    return payload && payload.length > 1 ? payload.readUInt16BE(0) : undefined;
  }

  /** Takes bytes as frames, or parts of them. */
  take(chunk) {
    for (const frame of this.#parser.push(chunk)) {
      this.frames.push(frame);
      this.onFrame?.(frame);
    }
    this.#settle();
  }

  #settle() {
    this.#waiting = this.#waiting.filter(({ count, resolve, reject }) => {
      if (this.frames.length >= count) {
        resolve(this.frames.slice(0, count));
        return false;
      }
      if (this.ended) {
        reject(
          new Error(`ended after ${this.frames.length} of ${count} frames`),
        );
        return false;
      }
      return true;
    });
  }
}

/**
 * Connects to a WebSocket server by hand.
 *
 * @param {import('node:test').TestContext} t
 * @param {number} port
 * @param {object} [options]
 * @param {string[]} [options.headers] more header lines
 * @param {string} [options.path]
 * @param {Buffer} [options.firstBytes] sent in the same write as the request
 * @param {boolean} [options.allowHalfOpen] goes on sending when the server has ended
 * @returns {Promise<RawPeer>}
 */
async function connectRawClient(
  t,
  port,
  {
    headers = [],
    path = '/',
    firstBytes = Buffer.alloc(0),
    allowHalfOpen = false,
  } = {},
) {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen });
  t.after(() => socket.destroy());
  const request = [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==',
    ...headers,
    '\r\n',
  ].join('\r\n');
  socket.write(Buffer.concat([Buffer.from(request), firstBytes]));
  const { handshake, head } = await readHandshake(socket);
  return new RawPeer(socket, { masks: true, head, handshake });
}

/**
 * Listens for WebSocket clients by hand.
 *
 * @param {import('node:test').TestContext} t
 * @param {object} [options]
 * @param {string[]} [options.headers] more header lines for the response
 * @param {Buffer} [options.firstBytes] sent in the same write as the response
 * @param {boolean} [options.allowHalfOpen] goes on sending when the client has ended
 * @returns {Promise<{ port: number, url: string, accept: () => Promise<RawPeer> }>}
 */
async function listenRaw(
  t,
  { headers = [], firstBytes, allowHalfOpen = false } = {},
) {
  const server = net.createServer({ allowHalfOpen });
  const sockets = new Set();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const connection = new Promise((resolve) => {
    server.on('connection', (socket) => {
      sockets.add(socket);
      resolve(socket);
    });
  });
  const { port } = server.address();
  return { port, url: `ws://127.0.0.1:${port}`, accept };

  async function accept() {
    const socket = await within(connection, 'nobody connected');
    const { handshake, head } = await readHandshake(socket);
    const response = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptKeyFor(handshake)}`,
      ...headers,
      '\r\n',
    ].join('\r\n');
    socket.write(
      Buffer.concat([Buffer.from(response), firstBytes ?? Buffer.alloc(0)]),
    );
    return new RawPeer(socket, { masks: false, head, handshake });
  }
}

/**
 * @param {string} request the text of a handshake request
 * @returns {string} the value for `Sec-WebSocket-Accept`
 */
function acceptKeyFor(request) {
  const [, key] = /^sec-websocket-key: *(\S+)/im.exec(request);
  return createHash('sha1')
    .update(key + ACCEPT_SUFFIX)
    .digest('base64');
}

module.exports = {
  RawPeer,
  connectRawClient,
  listenRaw,
  readHandshake,
  acceptKeyFor,
};

/**
 * Reads up to and including the empty line.
 *
 * @param {import('node:stream').Duplex} socket
 * @returns {Promise<{ handshake: string, head: Buffer }>}
 */
function readHandshake(socket) {
  const handshake = new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const fail = () =>
      reject(new Error(`the handshake ended: ${received.toString('latin1')}`));
    socket.on('error', fail);
    socket.once('close', fail);
    socket.on('data', function collect(chunk) {
      received = Buffer.concat([received, chunk]);
      const end = received.indexOf('\r\n\r\n');
      if (end === -1) return;
      socket.removeListener('data', collect);
      socket.removeListener('error', fail);
      socket.removeListener('close', fail);
      resolve({
        handshake: received.toString('latin1', 0, end),
        head: received.subarray(end + 4),
      });
    });
  });
  return within(handshake, 'no handshake');
}
