'use strict';

const WEBSOCKET_EVENTS = ['open', 'message', 'ping', 'pong', 'close', 'error'];
const WEBSOCKET_PROPERTIES = [
  'readyState',
  'isPaused',
  'protocol',
  'extensions',
  'binaryType',
];

/**
 * What was seen at one place, in order. Entries of one lane are compared in
 * their order; the lanes of a scenario are compared separately, since what two
 * ends of a connection do is not ordered against each other.
 */
class Lane {
  /** @type {string[]} */
  entries = [];
  #context;

  /**
   * @param {string} name
   * @param {import('./scenario-context')} context
   */
  constructor(name, context) {
    this.name = name;
    this.#context = context;
  }

  /**
   * Appends to the trace.
   *
   * @param {string} label
   * @param {...any} values
   */
  note(label, ...values) {
    if (this.#context.isOver) return;
    const texts = values.map((value) => this.#context.format(value));
    this.entries.push([label, ...texts].join(' '));
    this.#context.noticed();
  }

  /**
   * Notes events, with their arguments and the properties that have changed since
   * the last note about the same emitter.
   *
   * An `error` listener keeps an error from being thrown: leave it out of
   * `events` where that is what the scenario is about.
   *
   * @param {EventEmitter} emitter
   * @param {string} [name] what to call it
   * @param {object} [options]
   * @param {string[]} [options.events] by default those of a WebSocket
   * @param {string[]} [options.properties] by default those of a WebSocket
   * @param {string[]} [options.markers] of 'tick', 'microtask', 'immediate': shows
   *     where, after each event, these came
   * @returns {EventEmitter} the same
   */
  watch(emitter, name = 'subject', options = {}) {
    const { events = WEBSOCKET_EVENTS, markers = [] } = options;
    const properties = options.properties ?? WEBSOCKET_PROPERTIES;
    let known = new Map();

    for (const event of events) {
      emitter.on(event, (...args) => {
        const state = new Map(
          properties
            .filter((property) => property in emitter)
            .map((property) => [
              property,
              this.#context.format(emitter[property]),
            ]),
        );
        const changes = [...state]
          .filter(([property, value]) => known.get(property) !== value)
          .map(([property, value]) => `${property}: ${value}`);
        known = state;

        const shown = args.map((arg) => this.#context.format(arg)).join(', ');
        const suffix = changes.length > 0 ? ` {${changes.join(', ')}}` : '';
        this.note(`${name} ${event}${shown && ` ${shown}`}${suffix}`);
        if (markers.length > 0) this.markers(`${name} ${event}`, markers);
      });
    }
    return emitter;
  }

  /**
   * Calls a function and notes what it returned or threw.
   *
   * @template T
   * @param {string} label
   * @param {() => T} action
   * @returns {T | undefined} what it returned
   */
  call(label, action) {
    try {
      const result = action();
      this.note(`${label} ->`, result);
      return result;
    } catch (error) {
      this.note(`${label} threw`, error);
      return undefined;
    }
  }

  /**
   * @param {string} label
   * @param {(...args: any[]) => any} [action] done in it, after the note
   * @returns {(...args: any[]) => any} a function that notes when it is called
   */
  callback(label, action) {
    const lane = this;
    return function callback(...args) {
      lane.note(`${label} called`, ...args);
      return action?.apply(this, args);
    };
  }

  /**
   * Notes properties of an object.
   *
   * @param {object} object
   * @param {string[]} [names] by default those of a WebSocket
   * @param {string} [label]
   */
  properties(object, names = WEBSOCKET_PROPERTIES, label = 'properties') {
    this.note(
      label,
      Object.fromEntries(names.map((name) => [name, object[name]])),
    );
  }

  /**
   * Schedules notes, to show what comes before and after them.
   *
   * @param {string} label
   * @param {string[]} [kinds] of 'tick', 'microtask', 'immediate'
   * @returns {Promise<void>} when all of them have come
   */
  markers(label, kinds = ['tick', 'microtask', 'immediate']) {
    const schedulers = {
      tick: process.nextTick,
      microtask: queueMicrotask,
      immediate: setImmediate,
    };
    const comings = kinds.map(
      (kind) =>
        new Promise((resolve) => {
          schedulers[kind](() => {
            this.note(`~ ${kind} after ${label}`);
            resolve();
          });
        }),
    );
    return Promise.all(comings).then(() => {});
  }
}

Lane.WEBSOCKET_EVENTS = WEBSOCKET_EVENTS;
Lane.WEBSOCKET_PROPERTIES = WEBSOCKET_PROPERTIES;

module.exports = Lane;
