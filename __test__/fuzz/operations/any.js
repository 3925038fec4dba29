'use strict';

/**
 * What operations of several kinds choose from.
 *
 * @module any
 */

const { buildFrame } = require('../../support/frames');
const { WebSocket } = require('../../support/subject');

module.exports = { anyFrame, anySocket, echo };

function anyFrame(values, mask) {
  const payload = values.oneOf(
    () => values.random.bytes(values.size()),
    () => 'text ß水🍉',
    () => Buffer.alloc(values.size(), 'x'),
    () => Buffer.from([0x03, values.random.between(0, 255), 0x62, 0x79]),
    () => Buffer.from([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]),
  );
  return buildFrame({
    opcode: values.chance(0.95)
      ? values.pick([1, 1, 1, 2, 2, 2, 0, 8, 9, 10])
      : values.random.between(0, 15),
    payload,
    fin: values.chance(0.85),
    rsv1: values.chance(0.1),
    rsv2: values.chance(0.01),
    mask: values.chance(0.98) ? mask : !mask,
    length: values.chance(0.02) ? values.random.between(0, 2 ** 30) : undefined,
  });
}

function anySocket(values, world) {
  if (world.sockets.length === 0) return null;
  const open = world.sockets.filter((each) => {
    return each.readyState === WebSocket.OPEN;
  });
  const from = open.length > 0 && values.chance(0.8) ? open : world.sockets;
  return values.pick(from);
}

function echo(websocket, world) {
  return (data, binary) => {
    try {
      if (Array.isArray(data)) data = Buffer.concat(data);
      websocket.send(data, { binary });
    } catch (error) {
      world.judge('echo', error);
    }
  };
}
