'use strict';

const { once } = require('node:events');
const net = require('node:net');

const { Direction } = require('./recording');

const END_OF_HEAD = '\r\n\r\n';

/**
 * Stands on 127.0.0.1 between kosoku and the endpoint that is judged. It passes on every byte, end and reset as it
 * comes, and keeps what it saw.
 */
class RecordingProxy {
  /** @type {Map<string, import('./recording').Recording>} by case */
  recordings = new Map();
  #server = net.createServer({ allowHalfOpen: true }, (socket) =>
    this.#join(socket),
  );
  #sockets = new Set();
  #target;
  #role;
  #keepsBytes;

  /**
   * @param {number} target the port to connect to
   * @param {object} options
   * @param {'client' | 'server'} options.role of the endpoint that is judged
   * @param {(id: string) => boolean} options.keepsBytes whether a case is recorded beyond its handshake
   */
  constructor(target, { role, keepsBytes }) {
    this.#target = target;
    this.#role = role;
    this.#keepsBytes = keepsBytes;
  }

  /** @returns {Promise<number>} the port */
  async listen() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this.#server.address().port;
  }

  close() {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #join(front) {
    const back = net.connect({
      port: this.#target,
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    const toBack = new Direction();
    const toFront = new Direction();
    const isServer = this.#role === 'server';
    const recording = {
      id: '',
      response: '',
      toSubject: isServer ? toBack : toFront,
      fromSubject: isServer ? toFront : toBack,
      closed: false,
    };

    let keep = true;
    readHead(front, (request) => {
      recording.id = caseIn(request);
      keep = this.#keepsBytes(recording.id);
      this.recordings.set(recording.id, recording);
    });
    readHead(back, (response) => (recording.response = response));
    let open = 2;
    for (const [from, to, direction] of [
      [front, back, toBack],
      [back, front, toFront],
    ]) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on('close', () => {
        this.#sockets.delete(from);
        open--;
        recording.closed = open === 0;
      });
      passOn(from, to, direction, () => keep);
    }
  }
}

module.exports = { RecordingProxy };

/** Takes the head of the handshake off what a socket emits. */
function readHead(socket, done) {
  let received = Buffer.alloc(0);
  socket.on('data', function collect(chunk) {
    received = Buffer.concat([received, chunk]);
    const end = received.indexOf(END_OF_HEAD);
    if (end === -1) return;
    socket.removeListener('data', collect);
    done(received.toString('latin1', 0, end));
    socket.emit('body', received.subarray(end + END_OF_HEAD.length));
    socket.on('data', (chunk) => socket.emit('body', chunk));
  });
}

function passOn(from, to, direction, keeps) {
  from.on('body', (chunk) => {
    if (chunk.length > 0 && keeps()) direction.push(chunk);
  });
  from.on('data', (chunk) => {
    if (to.write(chunk)) return;
    from.pause();
    to.once('drain', () => from.resume());
  });
  from.on('end', () => {
    direction.ending ??= 'end';
    to.end();
  });
  from.on('error', () => {
    direction.ending ??= 'reset';
    to.resetAndDestroy();
  });
  from.on('close', () => {
    if (!to.writableEnded) to.destroy();
  });
}

/** The case that a request is for: kosoku asks for `/1.1.1`, the client for `/runCase?...&id=1.1.1`. */
function caseIn(request) {
  const [, target] = request.split(' ');
  const { pathname, searchParams } = new URL(target, 'ws://127.0.0.1');
  return searchParams.get('id') ?? pathname.slice(1);
}
