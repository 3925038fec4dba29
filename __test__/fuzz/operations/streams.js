'use strict';

/**
 * What is done with `createWebSocketStream()`.
 *
 * @module streams
 */

const { createWebSocketStream } = require('../../support/subject');
const { Hostile } = require('../values');
const { anySocket } = require('./any');

module.exports = { makeStream, useStream };

function makeStream(values, world) {
  const websocket = anySocket(values, world);
  if (websocket === null || world.streams.length > 10) return;
  const stream = createWebSocketStream(
    websocket,
    values.options({
      highWaterMark: () => values.pick([0, 1, 100, 65536]),
      readableObjectMode: () => values.chance(0.5),
      decodeStrings: () => values.chance(0.5),
      encoding: () => 'utf8',
      allowHalfOpen: () => values.chance(0.5),
      emitClose: () => values.chance(0.9),
    }),
  );
  stream.on('error', () => {});
  if (values.chance(0.6)) stream.on('data', () => {});
  world.streams.push(stream);
}

function useStream(values, world) {
  if (world.streams.length === 0) return;
  const stream = values.pick(world.streams);
  values.oneOf(
    () => stream.write(values.bytes()),
    () => stream.write(values.text(), values.callback()),
    () => stream.write(values.data()),
    () => stream.read(values.pick([undefined, 1, 0])),
    () => stream.end(values.pick([undefined, 'last'])),
    () => stream.destroy(values.pick([undefined, new Hostile('stream')])),
    () => stream.pause(),
    () => stream.resume(),
    () => stream.cork(),
    () => stream.uncork(),
    () => stream.unshift(Buffer.from('back')),
  );
}
