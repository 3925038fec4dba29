'use strict';

const {
  setImmediate: nextTurn,
  setTimeout: wait,
} = require('node:timers/promises');
const classes = require('./operations/classes');
const connecting = require('./operations/connecting');
const connections = require('./operations/connections');
const servers = require('./operations/servers');
const streams = require('./operations/streams');

/**
 * What a plan is made of.
 *
 * @typedef {object} Operation
 * @property {number} weight how often it is chosen
 * @property {boolean} [mayReenter] it may also be called from within events and
 *     getters
 * @property {(values: Values, world: World) => any} run
 */

/** @type {Record<string, Operation>} */
const OPERATIONS = {
  startServer: { weight: 4, run: servers.startServer },
  connect: { weight: 12, mayReenter: true, run: connecting.connect },
  connectOddly: { weight: 4, mayReenter: true, run: connecting.connectOddly },
  connectRaw: { weight: 6, run: connecting.connectRaw },
  writeRaw: { weight: 10, mayReenter: true, run: connecting.writeRaw },
  send: { weight: 30, mayReenter: true, run: connections.send },
  ping: { weight: 6, mayReenter: true, run: connections.ping },
  close: { weight: 5, mayReenter: true, run: connections.close },
  terminate: { weight: 2, mayReenter: true, run: connections.terminate },
  pause: { weight: 4, mayReenter: true, run: connections.pause },
  resume: { weight: 6, mayReenter: true, run: connections.resume },
  setProperty: { weight: 5, mayReenter: true, run: connections.setProperty },
  readProperties: {
    weight: 5,
    mayReenter: true,
    run: connections.readProperties,
  },
  listen: { weight: 8, mayReenter: true, run: connections.listen },
  unlisten: { weight: 4, mayReenter: true, run: connections.unlisten },
  touchSocket: { weight: 5, mayReenter: true, run: connections.touchSocket },
  makeStream: { weight: 3, run: streams.makeStream },
  useStream: { weight: 5, mayReenter: true, run: streams.useStream },
  closeServer: { weight: 1, mayReenter: true, run: servers.closeServer },
  useServer: { weight: 3, mayReenter: true, run: servers.useServer },
  makeReceiver: { weight: 3, run: classes.makeReceiver },
  useReceiver: { weight: 6, mayReenter: true, run: classes.useReceiver },
  makeSender: { weight: 3, run: classes.makeSender },
  useSender: { weight: 6, mayReenter: true, run: classes.useSender },
  makeDeflate: { weight: 3, run: classes.makeDeflate },
  useDeflate: { weight: 6, mayReenter: true, run: classes.useDeflate },
  parseHeaders: { weight: 3, mayReenter: true, run: classes.parseHeaders },
  transfer: { weight: 3, mayReenter: true, run: classes.transfer },
  collectGarbage: { weight: 1, run: () => globalThis.gc?.() },
  nextTurn: { weight: 25, run: () => nextTurn() },
  wait: { weight: 4, run: (values) => wait(values.random.between(0, 4)) },
};

module.exports = { OPERATIONS };
