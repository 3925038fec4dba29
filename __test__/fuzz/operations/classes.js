'use strict';

/**
 * What is done to the classes and functions that stand by themselves.
 *
 * @module classes
 */

const { PassThrough } = require('node:stream');
const { WebSocket } = require('../../support/subject');
const { anyFrame } = require('./any');

const { extension, PerMessageDeflate, Receiver, Sender, subprotocol } =
  WebSocket;

module.exports = {
  makeDeflate,
  makeReceiver,
  makeSender,
  parseHeaders,
  transfer,
  useDeflate,
  useReceiver,
  useSender,
};

function makeReceiver(values, world) {
  if (world.receivers.length > 10) return;
  const receiver = new Receiver(
    values.options({
      ...values.commonOptions(),
      binaryType: () => values.pick(['nodebuffer', 'arraybuffer', 'fragments']),
      isServer: () => values.chance(0.7),
      extensions: () => ({}),
    }),
  );
  receiver.on('error', () => {});
  for (const name of ['message', 'ping', 'pong', 'conclude', 'drain']) {
    receiver.on(name, () => {
      if (values.chance(0.05)) world.reenter();
    });
  }
  world.receivers.push(receiver);
}

function useReceiver(values, world) {
  if (world.receivers.length === 0) return;
  const receiver = values.pick(world.receivers);
  values.oneOf(
    () => receiver.write(anyFrame(values, true)),
    () => receiver.write(anyFrame(values, true), values.callback()),
    () => receiver.write(anyFrame(values, false)),
    () => receiver.write(values.data()),
    () => receiver.end(),
    () => receiver.destroy(),
    () => receiver.cork(),
    () => receiver.uncork(),
  );
}

function makeSender(values, world) {
  if (world.senders.length > 10) return;
  const socket = values.chance(0.9)
    ? new PassThrough().on('error', () => {}).resume()
    : values.odd();
  world.senders.push(new Sender(socket, values.pick([undefined, {}])));
}

function useSender(values, world) {
  const options = values.options({
    binary: () => values.chance(0.5),
    compress: () => values.chance(0.5),
    fin: () => values.chance(0.7),
    mask: () => values.chance(0.5),
    opcode: () => values.random.between(0, 300),
    readOnly: () => values.chance(0.5),
    rsv1: () => values.chance(0.3),
    generateMask: () => (mask) => mask.fill(7),
    maskBuffer: () => Buffer.alloc(4),
  });
  if (world.senders.length === 0 || values.chance(0.3)) {
    Sender.frame(values.data(), options);
    return;
  }
  const sender = values.pick(world.senders);
  values.oneOf(
    () => sender.send(values.data(), options, values.callback()),
    () => sender.ping(values.data(), values.chance(0.5), values.callback()),
    () => sender.pong(values.data(), values.odd(), values.callback()),
    () => sender.close(values.number(), values.data(), values.chance(0.5)),
    () => sender.sendFrame([values.bytes(), values.bytes()], values.callback()),
  );
}

function makeDeflate(values, world) {
  if (world.deflates.length > 10) return;
  const deflate = new PerMessageDeflate({
    ...Object(values.deflateOptions()),
    isServer: values.chance(0.5),
    maxPayload: values.number(),
  });
  world.deflates.push(deflate);
  deflate.accept([{}]);
}

function useDeflate(values, world) {
  if (world.deflates.length === 0) return;
  const deflate = values.pick(world.deflates);
  const text = Buffer.from([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
  values.oneOf(
    () => deflate.offer(),
    () => deflate.accept([{ server_max_window_bits: [values.number()] }]),
    () => deflate.accept(values.odd()),
    () => deflate.compress(values.bytes(), values.chance(0.7), world.counted()),
    () => deflate.decompress(text, true, world.counted()),
    () => deflate.decompress(values.bytes(), values.chance(0.5), () => {}),
    () => deflate.cleanup(),
  );
}

function parseHeaders(values) {
  const header = values.oneOf(
    () => 'permessage-deflate; client_max_window_bits, x; y="z"',
    () => values.text(),
    () => values.odd(),
    () => 'a, '.repeat(values.size()),
    () => `__proto__; constructor=1; ${values.text()}`,
  );
  values.oneOf(
    () => extension.format(extension.parse(header)),
    () => extension.format(values.odd()),
    () => subprotocol.parse(header),
  );
}

/** Takes memory away that has been sent, or received. */
function transfer(values, world) {
  if (world.buffers.length === 0) return;
  const data = values.pick(world.buffers);
  const buffer = data instanceof ArrayBuffer ? data : data?.buffer;
  if (buffer instanceof ArrayBuffer) {
    structuredClone(buffer, { transfer: [buffer] });
  }
}
