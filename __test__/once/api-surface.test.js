'use strict';

const assert = require('node:assert/strict');
const { EventEmitter } = require('node:events');
const path = require('node:path');
const { test } = require('node:test');
const { pathToFileURL } = require('node:url');
const oracle = require('ws');
const { WebSocket, isControl } = require('../support/subject');

const HAWSER_ONLY = ['configure', 'memoryUsage'];
const CLASSES = [
  'WebSocket',
  'WebSocketServer',
  'Receiver',
  'Sender',
  'PerMessageDeflate',
];

test('the module is the WebSocket class, with the exports of ws on it', () => {
  const names = (module) =>
    Object.keys(module)
      .filter((name) => !HAWSER_ONLY.includes(name))
      .sort();

  assert.equal(typeof WebSocket, 'function');
  assert.deepEqual(names(WebSocket), names(oracle));
  assert.equal(WebSocket.WebSocket, WebSocket);
  assert.equal(WebSocket.Server, WebSocket.WebSocketServer);
});

for (const name of CLASSES.slice(0, 2)) {
  test(`${name} has the public members of ws, of the same kind`, () => {
    assert.equal(WebSocket[name].name, name);
    assert.equal(WebSocket[name].length, oracle[name].length);
    assert.ok(WebSocket[name].prototype instanceof EventEmitter);
    assertHasMembers(WebSocket[name].prototype, oracle[name].prototype);
    assertHasMembers(WebSocket[name], oracle[name]);
  });
}

test('the enumerable properties of WebSocket.prototype are those of ws', () => {
  assert.deepEqual(
    Object.keys(WebSocket.prototype).sort(),
    Object.keys(oracle.prototype).sort(),
  );
});

test('the state constants are on the class and on the prototype, read-only', () => {
  for (const [value, name] of [
    'CONNECTING',
    'OPEN',
    'CLOSING',
    'CLOSED',
  ].entries()) {
    for (const holder of [WebSocket, WebSocket.prototype]) {
      assert.deepEqual(Object.getOwnPropertyDescriptor(holder, name), {
        value,
        enumerable: true,
        writable: false,
        configurable: false,
      });
    }
  }
});

test('extension and subprotocol parse and format as ws does', () => {
  const { extension, subprotocol } = WebSocket;
  const header = 'permessage-deflate; client_max_window_bits; a="b", x; y=1';

  assert.deepEqual(extension.parse(header), oracle.extension.parse(header));
  assert.equal(
    extension.format(extension.parse(header)),
    oracle.extension.format(oracle.extension.parse(header)),
  );
  assert.deepEqual(subprotocol.parse('a, b,c'), new Set(['a', 'b', 'c']));
  for (const bad of ['', ',', 'a,', 'a b', 'a,a', 'ä', 'a;']) {
    const error = errorOf(() => oracle.subprotocol.parse(bad));
    assert.throws(() => subprotocol.parse(bad), {
      name: error.name,
      message: error.message,
    });
  }
});

test('the static names of the other classes are there', () => {
  const { PerMessageDeflate } = WebSocket;

  assert.equal(PerMessageDeflate.extensionName, 'permessage-deflate');
  for (const name of CLASSES) assert.equal(typeof WebSocket[name], 'function');
  assert.equal(typeof WebSocket.createWebSocketStream, 'function');
});

test('import gives the same named exports', async () => {
  const module = await importSubject();
  const expected = await import('ws');
  const names = (namespace) =>
    Object.keys(namespace)
      .filter((name) => !HAWSER_ONLY.includes(name))
      .sort();

  assert.deepEqual(names(module), names(expected));
  assert.equal(module.default, WebSocket);
  for (const name of names(module)) {
    if (name !== 'default') assert.equal(module[name], WebSocket[name], name);
  }
});

test('the browser build is a function that throws', () => {
  const browser = require(
    isControl
      ? path.join(path.dirname(require.resolve('ws')), 'browser.js')
      : '../../browser.js',
  );

  assert.equal(typeof browser, 'function');
  assert.throws(browser, /does not work in the browser/);
});

test('package.json names what node and bundlers load', () => {
  const own = require(isControl ? 'ws/package.json' : '../../package.json');
  const { '.': entry } = own.exports;

  assert.equal(own.main, 'index.js');
  assert.equal(own.browser, 'browser.js');
  assert.equal(entry.browser.default ?? entry.browser, './browser.js');
  assert.equal(entry.import.default ?? entry.import, './wrapper.mjs');
  assert.equal(entry.require.default ?? entry.require, './index.js');
  assert.equal(own.exports['./package.json'], './package.json');
});

/** Every member whose name does not start with an underscore. */
function assertHasMembers(actual, expected) {
  for (const name of Object.getOwnPropertyNames(expected)) {
    if (name.startsWith('_') || PRIVATE_IN_WS.has(name)) continue;
    const wanted = Object.getOwnPropertyDescriptor(expected, name);
    const found = Object.getOwnPropertyDescriptor(actual, name);
    assert.ok(found, `${name} is missing`);
    assert.equal(found.enumerable, wanted.enumerable, `${name} is enumerable`);
    assert.equal(typeof found.value, typeof wanted.value, name);
    assert.equal(typeof found.get, typeof wanted.get, `get ${name}`);
    assert.equal(typeof found.set, typeof wanted.set, `set ${name}`);
    if (typeof wanted.value === 'function') {
      assert.equal(found.value.length, wanted.value.length, `${name}.length`);
    }
  }
}

/** Methods that ws marks as private without an underscore. */
const PRIVATE_IN_WS = new Set(['setSocket', 'emitClose', 'completeUpgrade']);

function errorOf(act) {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('did not throw');
}

function importSubject() {
  if (isControl) return import('ws');
  const wrapper = path.join(__dirname, '..', '..', 'wrapper.mjs');
  return import(pathToFileURL(wrapper).href);
}
