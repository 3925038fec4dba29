'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { unsafePlaces } = require('../../scripts/unsafe-code');

/** Where Node, libuv and system calls are met, and two small files that hand out memory or use wide instructions. */
const ALLOWED =
  /^src\/(bridge\/.*|driver\/.*|protocol\/mask|protocol\/spare)\.rs$/;

const places = unsafePlaces();

test('unsafe code stands only where it has to', () => {
  // If none is found, it was not looked for where it is.
  assert.ok(places.length > 0);
  const elsewhere = places.filter(({ file }) => !ALLOWED.test(file));
  assert.deepEqual(elsewhere, []);
});

test('every unsafe block says directly above why it is sound', () => {
  const unexplained = places.filter(({ isJustified }) => !isJustified);
  assert.deepEqual(unexplained, []);
});
