'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');

const { judge } = require('../autobahn/judge/judge');
const { judgeNegotiation } = require('../autobahn/judge/negotiation');
const { Utf8Reader } = require('../autobahn/judge/utf8');
const { Direction } = require('../autobahn/recording');
const { OPCODE, buildFrame, closePayload } = require('../support/frames');

const RESPONSE = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket';

test('an endpoint that answers as it must is not complained of', () => {
  const toSubject = [
    buildFrame({ opcode: OPCODE.TEXT, payload: 'h\u00e9', fin: false }),
    buildFrame({ opcode: OPCODE.PING, payload: 'p' }),
    buildFrame({ opcode: OPCODE.CONTINUATION, payload: 'llo' }),
    close(1000),
  ];
  const fromSubject = [
    masked({ opcode: OPCODE.PONG, payload: 'p' }),
    masked({ opcode: OPCODE.TEXT, payload: 'h\u00e9llo' }),
    masked({ opcode: OPCODE.CLOSE, payload: closePayload(1000) }),
  ];
  assert.equal(verdict({ toSubject, fromSubject }), null);
});

test('a bad frame that is ignored is noticed', () => {
  const bad = [
    buildFrame({ opcode: OPCODE.TEXT, rsv1: true }),
    buildFrame({ opcode: 3 }),
    buildFrame({ opcode: 11 }),
    buildFrame({ opcode: OPCODE.PING, fin: false }),
    buildFrame({ opcode: OPCODE.PING, payload: 'p'.repeat(126) }),
    buildFrame({ opcode: OPCODE.CONTINUATION }),
    buildFrame({ opcode: OPCODE.CLOSE, payload: 'x' }),
    close(999),
    close(1006),
    close(5000),
  ];
  for (const frame of bad) {
    const seen = verdict({ toSubject: [frame], fromSubject: [] });
    assert.deepEqual(seen, { expected: 'close 1002', seen: 'nothing' });
  }
});

test('text that is not UTF-8 asks for its own code', () => {
  const toSubject = [buildFrame({ opcode: OPCODE.TEXT, payload: BAD_TEXT })];
  const wrong = [masked({ opcode: OPCODE.CLOSE, payload: closePayload(1002) })];
  const right = [masked({ opcode: OPCODE.CLOSE, payload: closePayload(1007) })];
  assert.equal(verdict({ toSubject, fromSubject: wrong }).seen, 'close 1002');
  assert.equal(verdict({ toSubject, fromSubject: right }), null);
});

test('an answer that waits for the end of the message is too late', () => {
  const frame = buildFrame({ opcode: OPCODE.TEXT, payload: BAD_TEXT });
  const toSubject = direction([]);
  toSubject.push(frame.subarray(0, 5), 1000);
  toSubject.push(frame.subarray(5), 2000);
  const answer = masked({ opcode: OPCODE.CLOSE, payload: closePayload(1007) });

  const late = direction([]);
  late.push(answer, 2001);
  assert.match(verdict({ toSubject, fromSubject: late }).seen, /more had come/);

  const early = direction([]);
  early.push(answer, 1001);
  assert.equal(verdict({ toSubject, fromSubject: early }), null);
});

test('replies that lack, change, or come in another order are noticed', () => {
  const ping = buildFrame({ opcode: OPCODE.PING, payload: 'p' });
  const text = buildFrame({ opcode: OPCODE.TEXT, payload: 't' });
  const toSubject = [ping, text];
  const pong = masked({ opcode: OPCODE.PONG, payload: 'p' });
  const echo = masked({ opcode: OPCODE.TEXT, payload: 't' });
  const other = masked({ opcode: OPCODE.BINARY, payload: 't' });
  assert.equal(verdict({ toSubject, fromSubject: [pong, echo] }), null);
  for (const fromSubject of [[echo, pong], [echo], [pong, other]]) {
    assert.notEqual(verdict({ toSubject, fromSubject }), null);
  }
});

test('the frames and the end of the connection must be in order', () => {
  const toSubject = [close(1000)];
  const answer = { opcode: OPCODE.CLOSE, payload: closePayload(1000) };
  const fromSubject = [masked(answer)];
  assert.equal(verdict({ toSubject, fromSubject }), null);

  const unmasked = [buildFrame(answer)];
  assert.notEqual(verdict({ toSubject, fromSubject: unmasked }), null);
  assert.equal(verdict({ toSubject, fromSubject: unmasked }, 'server'), null);

  const cut = [masked(answer), Buffer.from([0x81])];
  assert.match(verdict({ toSubject, fromSubject: cut }).seen, /part of a/);
  const reset = direction(fromSubject, 'reset');
  assert.match(verdict({ toSubject, fromSubject: reset }).seen, /was reset/);
});

test('a case about compression must have negotiated it', () => {
  const agreed = (parameters) => ({
    id: '13.5.1',
    response: `${RESPONSE}\r\nSec-WebSocket-Extensions: ${parameters}`,
  });
  const whole =
    'permessage-deflate; client_max_window_bits=9; client_no_context_takeover';
  assert.equal(judgeNegotiation(agreed(whole), 'client'), null);
  assert.notEqual(judgeNegotiation(agreed(whole), 'server'), null);
  const plain = agreed('permessage-deflate');
  assert.notEqual(judgeNegotiation(plain, 'client'), null);
  assert.equal(judgeNegotiation({ ...plain, id: '12.5.1' }, 'client'), null);
});

test('UTF-8 is read as TextDecoder reads it', () => {
  const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
  for (let first = 0; first < 256; first++) {
    for (const second of edges) {
      for (const rest of [[], [0x80], [0xbf, 0x80], [0x41]]) {
        const bytes = Buffer.from([first, second, ...rest]);
        const reader = new Utf8Reader();
        const isValid = reader.firstBadByte(bytes) === -1 && reader.isComplete;
        assert.equal(isValid, isText(bytes), bytes.toString('hex'));
      }
    }
  }
});

const BAD_TEXT = Buffer.from([0x61, 0xf4, 0x90, 0x80, 0x80, 0x62]);

/** Streams may be given as their chunks. */
function verdict({ toSubject, fromSubject }, role = 'client') {
  const recording = {
    response: RESPONSE,
    toSubject: direction(toSubject),
    fromSubject: direction(fromSubject),
  };
  return judge(recording, role);
}

function direction(chunks, ending = 'end') {
  if (chunks instanceof Direction) return chunks;
  const result = new Direction();
  for (const chunk of chunks) result.push(chunk);
  result.ending = ending;
  return result;
}

function close(code) {
  return buildFrame({ opcode: OPCODE.CLOSE, payload: closePayload(code) });
}

function masked(frame) {
  return buildFrame({ ...frame, mask: true });
}

function isText(bytes) {
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
