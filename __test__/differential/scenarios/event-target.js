'use strict';

const BOTH = ['server', 'client'];
const CLASSES = ['Event', 'CloseEvent', 'ErrorEvent', 'MessageEvent'];

module.exports = [
  {
    name: 'each event has an object of its class',
    roles: BOTH,
    async play(t) {
      const { subject, raw, deliver } = await t.connectRaw({
        prepare(websocket) {
          for (const type of ['open', 'message', 'error', 'close']) {
            websocket.addEventListener(type, function listener(event) {
              t.note(`${type} listener`, event, this === websocket);
              t.note('target', event.target === websocket);
              t.note('keys', Object.keys(event), enumerable(event));
              t.note('class', classesOf(event));
            });
          }
        },
      });
      await deliver(raw.build({ opcode: 1, payload: 'text €' }));
      await t.settle();
      await deliver(raw.build({ opcode: 2, payload: 'bytes' }));
      await t.settle();
      for (const type of ['arraybuffer', 'fragments', 'blob']) {
        subject.binaryType = type;
        await deliver(raw.build({ opcode: 2, payload: type }));
        await t.settle();
      }
      await deliver(raw.build({ opcode: 3 }));
      await t.until('subject error');
      raw.socket.end();
      await t.until('subject close');
    },
  },
  ...[true, false].map((isClean) => ({
    name: `wasClean is ${isClean} ${isClean ? 'with' : 'without'} close frames`,
    roles: BOTH,
    async play(t) {
      const { raw } = await t.connectRaw({
        prepare(websocket) {
          websocket.onclose = t.callback('onclose');
        },
      });
      if (isClean) raw.close(4000, 'reason €');
      raw.socket.end();
      await t.until('onclose called');
      await t.until('closed', { lane: 'raw' });
    },
  })),
  {
    name: 'on* attributes hold one function',
    roles: BOTH,
    async play(t) {
      const { subject, deliver, raw } = await t.connectRaw();
      const first = t.callback('first');
      const second = t.callback('second');
      const message = { opcode: 1, payload: 'x' };
      t.properties(subject, ['onopen', 'onmessage', 'onerror', 'onclose']);
      subject.onmessage = first;
      t.note('is first', subject.onmessage === first);
      await deliver(raw.build(message));
      await t.settle();
      subject.onmessage = second;
      t.note('is second', subject.onmessage === second);
      await deliver(raw.build(message));
      await t.settle();
      for (const value of [
        null,
        undefined,
        5,
        'text',
        {},
        { handleEvent() {} },
      ]) {
        subject.onmessage = second;
        subject.onmessage = value;
        t.note('onmessage', subject.onmessage);
        t.note('listeners', subject.listenerCount('message'));
      }
      await deliver(raw.build(message));
      await t.settle();
    },
  },
  {
    name: 'an on* attribute and a listener of the same function',
    roles: BOTH,
    async play(t) {
      const { subject, deliver, raw } = await t.connectRaw();
      const listener = t.callback('listener');
      subject.onmessage = listener;
      subject.addEventListener('message', listener);
      subject.addEventListener('message', listener);
      t.note('listeners', subject.listenerCount('message'));
      await deliver(raw.build({ opcode: 1, payload: 'one' }));
      await t.settle();
      subject.removeEventListener('message', listener);
      t.note('listeners', subject.listenerCount('message'));
      t.note('onmessage', subject.onmessage === listener);
      subject.removeEventListener('message', listener);
      await deliver(raw.build({ opcode: 1, payload: 'two' }));
      await t.settle();
      subject.addEventListener('message', listener);
      subject.onmessage = null;
      await deliver(raw.build({ opcode: 1, payload: 'three' }));
      await t.settle();
      subject.removeListener('message', listener);
      t.note('listeners', subject.listenerCount('message'));
    },
  },
  {
    name: 'a listener for once, and objects with handleEvent()',
    roles: BOTH,
    async play(t) {
      const { subject, deliver, raw } = await t.connectRaw();
      const message = raw.build({ opcode: 1, payload: 'x' });
      const once = t.callback('once');
      const object = {
        handleEvent(event) {
          t.note('handleEvent', event.data, this === object);
        },
      };
      const both = Object.assign(t.callback('function'), {
        handleEvent: t.callback('never'),
      });
      subject.addEventListener('message', once, { once: true });
      subject.addEventListener('message', once, { once: true });
      subject.addEventListener('message', object);
      subject.addEventListener('message', object);
      subject.addEventListener('message', both, { once: 0 });
      t.note('listeners', subject.listenerCount('message'));
      await deliver(Buffer.concat([message, message]));
      await t.settle();
      t.note('listeners', subject.listenerCount('message'));
      object.handleEvent = t.callback('replaced');
      await deliver(message);
      await t.settle();
      subject.addEventListener('message', once, { once: true });
      subject.removeEventListener('message', once);
      subject.removeEventListener('message', object);
      await deliver(message);
      await t.settle();
      t.note('listeners', subject.listenerCount('message'));
    },
  },
  {
    name: 'listeners that are of no use',
    roles: BOTH,
    async play(t) {
      t.catchUncaught();
      const { subject, deliver, raw } = await t.connectRaw({ watch: false });
      const add = (...args) => subject.addEventListener(...args);
      t.call('unknown type', () => add('ping', () => {}));
      t.call('null', () => add('message', null));
      t.call('number', () => add('message', 5));
      t.call('object', () => add('message', {}));
      t.call('options true', () => add('open', () => {}, true));
      t.note(
        'null for options',
        isThrown(() => add('open', () => {}, null)),
      );
      t.call('remove', () => subject.removeEventListener('message', () => {}));
      t.call('unknown', () => subject.removeEventListener('foo', () => {}));
      t.note('ping', subject.listenerCount('ping'));
      t.note('message', subject.listenerCount('message'));
      t.note('dispatchEvent', subject.dispatchEvent);
      subject.removeAllListeners('message');
      await deliver(raw.build({ opcode: 1, payload: 'x' }));
      await t.settle();
    },
  },
  {
    name: 'an error event without an error listener',
    roles: BOTH,
    async play(t) {
      const { subject, deliver, raw } = await t.connectRaw({
        watch: { events: ['close'] },
      });
      subject.onerror = t.callback('onerror');
      await deliver(raw.build({ opcode: 3 }));
      await t.until('onerror called');
      raw.socket.end();
      await t.until('subject close');
    },
  },
  {
    name: 'emit() by hand reaches the listeners',
    roles: BOTH,
    async play(t) {
      const { subject } = await t.connectRaw();
      subject.onmessage = t.callback('onmessage');
      subject.onerror = t.callback('onerror');
      subject.onclose = t.callback('onclose');
      subject.onopen = t.callback('onopen');
      t.call('open', () => subject.emit('open'));
      t.call('text', () => subject.emit('message', 'text', false));
      t.call('binary', () => subject.emit('message', [1, 2], true));
      t.call('error', () => subject.emit('error', new RangeError('mine')));
      t.call('close', () => subject.emit('close', 4000, Buffer.from('x')));
      t.call('unknown', () => subject.emit('unknown', 1));
    },
  },
  {
    name: 'the classes of events, as far as they can be had',
    roles: ['server'],
    async play(t) {
      const { subject } = await t.connectRaw({ watch: false });
      const classes = await eventClasses(subject);
      for (const name of CLASSES) {
        const Class = classes[name];
        t.note(name, Class.name, Class.length, classesOf(new Class('x')));
        t.note('names', Object.getOwnPropertyNames(Class.prototype).sort());
        t.note('without a type', new Class(), new Class(5), new Class(null));
        t.note('empty', new Class('x', {}), new Class('x', undefined));
        t.note(
          'full',
          new Class('x', {
            code: 1,
            data: 2,
            error: 3,
            message: 4,
            reason: 5,
            wasClean: 6,
          }),
        );
        t.note(
          'undefined and null',
          new Class('x', { code: undefined, data: undefined, error: null }),
          new Class('x', { code: null, message: null, wasClean: null }),
        );
        const event = new Class('x');
        t.note(
          'assigned',
          isThrown(() => (event.type = 'y')),
          event.type,
        );
        const {
          get,
          set,
          enumerable: shown,
          configurable,
        } = Object.getOwnPropertyDescriptor(
          Class.prototype,
          name === 'Event' ? 'target' : Object.keys(Class.prototype)[0],
        );
        t.note('descriptor', typeof get, typeof set, shown, configurable);
      }
    },
  },
  {
    name: 'the same names as properties of the prototype',
    async play(t) {
      for (const name of ['onopen', 'onclose', 'onerror', 'onmessage']) {
        const {
          get,
          set,
          enumerable: shown,
          configurable,
        } = Object.getOwnPropertyDescriptor(t.ws.prototype, name);
        t.note(name, typeof get, typeof set, shown, configurable);
      }
      for (const name of ['addEventListener', 'removeEventListener']) {
        const {
          writable,
          enumerable: shown,
          configurable,
          value,
        } = Object.getOwnPropertyDescriptor(t.ws.prototype, name);
        t.note(name, writable, shown, configurable, value.length, value.name);
      }
    },
  },
];

/** Everything that `for in` finds. */
function enumerable(object) {
  const names = [];
  for (const name in object) names.push(name);
  return names;
}

function classesOf(object) {
  const names = [];
  while ((object = Object.getPrototypeOf(object))) {
    names.push(object.constructor.name);
  }
  return names;
}

/** The classes are not exported: of each, an event is made. */
async function eventClasses(websocket) {
  const classes = {};
  const keep = (event) => (classes[event.constructor.name] = event.constructor);
  websocket.onopen = websocket.onclose = keep;
  websocket.onerror = websocket.onmessage = keep;
  websocket.emit('open');
  websocket.emit('message', Buffer.alloc(0), false);
  websocket.emit('error', new Error());
  websocket.emit('close', 1000, Buffer.alloc(0));
  return classes;
}

function isThrown(action) {
  try {
    action();
    return false;
  } catch (error) {
    return error.constructor.name;
  }
}
