'use strict';

/**
 * The events of the WHATWG interface, and the part of `EventTarget` that lets
 * a WebSocket, which is an EventEmitter, be used like a browser's.
 *
 * @module event-target
 */

const { kForOnEventAttribute, kListener } = require('./constants');

const kCode = Symbol('code');
const kData = Symbol('data');
const kError = Symbol('error');
const kMessage = Symbol('message');
const kReason = Symbol('reason');
const kTarget = Symbol('target');
const kType = Symbol('type');
const kWasClean = Symbol('wasClean');

/** An event: its type and where it happened. */
class Event {
  /**
   * @param {string} type the name of the event
   */
  constructor(type) {
    this[kTarget] = null;
    this[kType] = type;
  }

  /** @returns {any} the WebSocket that emitted the event */
  get target() {
    return this[kTarget];
  }

  /** @returns {string} the name of the event */
  get type() {
    return this[kType];
  }
}

/** How a connection ended. */
class CloseEvent extends Event {
  /**
   * @param {string} type the name of the event
   * @param {{ code?: number, reason?: string, wasClean?: boolean }} [init]
   *     the close code (0 unless given), the reason (empty) and whether both
   *     close frames were exchanged (false)
   */
  constructor(type, { code = 0, reason = '', wasClean = false } = {}) {
    super(type);
    this[kCode] = code;
    this[kReason] = reason;
    this[kWasClean] = wasClean;
  }

  /** @returns {number} the close code, RFC 6455, section 7.4 */
  get code() {
    return this[kCode];
  }

  /** @returns {string} why the connection was closed */
  get reason() {
    return this[kReason];
  }

  /** @returns {boolean} whether close frames went both ways */
  get wasClean() {
    return this[kWasClean];
  }
}

/** What went wrong. */
class ErrorEvent extends Event {
  /**
   * @param {string} type the name of the event
   * @param {{ error?: any, message?: string }} [init] the error (null unless
   *     given) and its message (empty)
   */
  constructor(type, { error = null, message = '' } = {}) {
    super(type);
    this[kError] = error;
    this[kMessage] = message;
  }

  /** @returns {any} the error itself */
  get error() {
    return this[kError];
  }

  /** @returns {string} the message of the error */
  get message() {
    return this[kMessage];
  }
}

/** A message that arrived. */
class MessageEvent extends Event {
  /**
   * @param {string} type the name of the event
   * @param {{ data?: any }} [init] the message (null unless given)
   */
  constructor(type, { data = null } = {}) {
    super(type);
    this[kData] = data;
  }

  /** @returns {any} a string for a text message, else by `binaryType` */
  get data() {
    return this[kData];
  }
}

// Attributes of a browser's events are enumerable; accessors of a class are not.
makeEnumerable(Event, ['target', 'type']);
makeEnumerable(CloseEvent, ['code', 'reason', 'wasClean']);
makeEnumerable(ErrorEvent, ['error', 'message']);
makeEnumerable(MessageEvent, ['data']);

/**
 * How the arguments of an EventEmitter event become an event object, for each
 * type that `addEventListener()` knows.
 *
 * @type {Map<string, (websocket: any, first?: any, second?: any) => Event>}
 */
const eventFactories = new Map();

eventFactories.set('open', () => new Event('open'));

eventFactories.set(
  'message',
  (websocket, data, isBinary) =>
    new MessageEvent('message', { data: isBinary ? data : data.toString() }),
);

eventFactories.set(
  'error',
  (websocket, error) =>
    new ErrorEvent('error', { error, message: error.message }),
);

eventFactories.set(
  'close',
  (websocket, code, reason) =>
    new CloseEvent('close', {
      code,
      reason: reason.toString(),
      wasClean: websocket._closeFrameReceived && websocket._closeFrameSent,
    }),
);

/**
 * Registers a listener for the type `open`, `message`, `error` or `close`; for
 * another type it does nothing. The same listener is registered once only.
 *
 * @this {any} the WebSocket
 * @param {string} type the name of the event
 * @param {Function | { handleEvent: Function }} listener what to call with the
 *     event object
 * @param {object} [options]
 * @param {boolean} [options.once=false] forget the listener after its first call
 */
function addEventListener(type, listener, options = {}) {
  const createEvent = eventFactories.get(type);
  if (createEvent === undefined) return;

  const isForAttribute = Boolean(options[kForOnEventAttribute]);
  if (!isForAttribute && findRegistered(this, type, listener)) return;

  /**
   * @this {any} the WebSocket
   * @param {any} first the first argument of the EventEmitter event
   * @param {any} second the second argument
   */
  function dispatch(first, second) {
    const event = createEvent(this, first, second);

    event[kTarget] = this;
    callListener(listener, this, event);
  }

  dispatch[kForOnEventAttribute] = isForAttribute;
  dispatch[kListener] = listener;

  if (options.once) this.once(type, dispatch);
  else this.on(type, dispatch);
}

/**
 * Takes back what `addEventListener()` registered.
 *
 * @this {any} the WebSocket
 * @param {string} type the name of the event
 * @param {Function | { handleEvent: Function }} listener the listener
 */
function removeEventListener(type, listener) {
  const registered = findRegistered(this, type, listener);

  if (registered) this.removeListener(type, registered);
}

/**
 * Gives a prototype the attributes `onopen`, `onmessage`, `onerror` and
 * `onclose`. Each holds one function, `null` when there is none; anything else
 * that is assigned only removes the one before.
 *
 * @param {object} prototype the prototype of an EventEmitter that has
 *     `addEventListener()`
 */
function defineEventAttributes(prototype) {
  for (const type of eventFactories.keys()) {
    Object.defineProperty(prototype, `on${type}`, {
      configurable: true,
      enumerable: true,
      get() {
        const registered = findAttributeListener(this, type);

        return registered ? registered[kListener] : null;
      },
      set(listener) {
        const registered = findAttributeListener(this, type);

        if (registered) this.removeListener(type, registered);
        if (typeof listener !== 'function') return;

        this.addEventListener(type, listener, { [kForOnEventAttribute]: true });
      },
    });
  }
}

module.exports = {
  CloseEvent,
  ErrorEvent,
  Event,
  EventTarget: { addEventListener, removeEventListener },
  MessageEvent,
  defineEventAttributes,
  makeEnumerable,
};

/**
 * Makes accessors of a class enumerable, as a browser's are.
 *
 * @param {Function} Class the class
 * @param {string[]} names the names of its accessors
 */
function makeEnumerable(Class, names) {
  for (const name of names) {
    Object.defineProperty(Class.prototype, name, { enumerable: true });
  }
}

/**
 * @param {any} emitter the WebSocket
 * @param {string} type the name of the event
 * @param {unknown} listener what the user passed to `addEventListener()`
 * @returns {Function | undefined} the function that stands for it
 */
function findRegistered(emitter, type, listener) {
  return emitter
    .listeners(type)
    .find(
      (candidate) =>
        candidate[kListener] === listener && !candidate[kForOnEventAttribute],
    );
}

/**
 * @param {any} emitter the WebSocket
 * @param {string} type the name of the event
 * @returns {Function | undefined} the function that stands for the `on*`
 *     attribute
 */
function findAttributeListener(emitter, type) {
  return emitter
    .listeners(type)
    .find((candidate) => candidate[kForOnEventAttribute]);
}

/**
 * @param {any} listener a function or an object with a `handleEvent` method
 * @param {any} websocket `this` for a function
 * @param {Event} event the event
 */
function callListener(listener, websocket, event) {
  if (typeof listener === 'object' && listener.handleEvent) {
    listener.handleEvent(event);
  } else {
    listener.call(websocket, event);
  }
}
