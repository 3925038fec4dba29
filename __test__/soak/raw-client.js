'use strict';

const net = require('node:net');
const { OPCODE, buildFrame, closePayload } = require('../support/frames');
const { upgradeRequest } = require('../support/upgrade-request');
const { buildMessage } = require('../support/traffic/messages');

/** How a client that keeps to no rules ends. */
const ENDS = [
  'reset',
  'half-close',
  'half a frame',
  'nonsense',
  'close frame, then reset',
];
/** The end of the answer to the handshake. */
const HEAD_END = '\r\n\r\n';

/**
 * A client by hand: sends whole messages in one write, cut anywhere, and then goes away rudely. With the plan `early`
 * it goes away during the handshake.
 *
 * @param {number} port
 * @param {string} target of the request
 * @param {Plan} plan
 * @param {(account: object) => void} onEnd
 */
function runRawClient(port, target, plan, onEnd) {
  const { random, messages } = plan.client;
  const ends = ENDS[random.between(0, ENDS.length - 1)];
  const account = {
    id: plan.id,
    role: 'client',
    raw: ends,
    opened: false,
    sent: 0,
    bytes: 0,
    faults: [],
  };
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  socket.on('close', () => onEnd(account));
  // A server that has nothing more to say ends its half.
  socket.on('end', () => socket.end());

  const request = `${upgradeRequest({}, `GET ${target} HTTP/1.1`).join('\r\n')}${HEAD_END}`;
  socket.on('connect', () => {
    if (plan.kind !== 'early') return void socket.write(request);
    const cut = random.between(0, request.length);
    socket.write(request.slice(0, cut), () => socket.resetAndDestroy());
  });

  let head = '';
  socket.on('data', (chunk) => {
    if (account.opened) return;
    head += chunk.toString('latin1');
    if (!head.includes(HEAD_END)) return;
    account.opened = true;
    sendAll();
  });

  function sendAll() {
    const frames = [];
    for (; account.sent < messages; account.sent++) {
      const kind = { size: plan.client.size(), text: random.chance(0.5) };
      const payload = buildMessage(plan.id, account.sent, kind);
      const opcode = kind.text ? OPCODE.TEXT : OPCODE.BINARY;
      frames.push(buildFrame({ opcode, payload, mask: true }));
    }
    const bytes = Buffer.concat([...frames, lastBytes()]);
    const cut = random.between(0, bytes.length);
    account.bytes = bytes.length;
    socket.setNoDelay(true);
    socket.write(bytes.subarray(0, cut));
    setTimeout(
      () => {
        if (socket.destroyed) return;
        socket.write(bytes.subarray(cut), leave);
      },
      random.between(0, 30),
    );
  }

  function lastBytes() {
    const payload = closePayload(1000);
    switch (ends) {
      case 'half a frame':
        return buildFrame({
          opcode: OPCODE.TEXT,
          payload: 'half of it',
          mask: true,
        }).subarray(0, 5);
      case 'nonsense':
        return buildFrame({ opcode: 7, payload, rsv3: true, mask: true });
      case 'close frame, then reset':
        return buildFrame({ opcode: OPCODE.CLOSE, payload, mask: true });
      default:
        return Buffer.alloc(0);
    }
  }

  function leave() {
    if (ends === 'half-close' || ends === 'half a frame') socket.end();
    else if (ends !== 'nonsense') socket.resetAndDestroy();
  }
}

module.exports = { runRawClient };
