'use strict';

/*
 * What every program of the bench that is measured has in common besides WebSockets: its options, and the lines that it
 * and the runner exchange. On stdout, JSON: that it is ready, and answers. On stdin, words:
 *
 *   reset     event-loop delay is counted anew from here
 *   report    tell the event-loop delay
 *   collect   collect garbage, as far as that can be had
 *
 * When stdin ends, the program does. Runs on Node.js and on Bun.
 */

const readline = require('node:readline');
const { parseArgs } = require('node:util');

/** How often event-loop delay is looked at; what is measured includes it. */
const RESOLUTION = 10;

module.exports = { begin, downloadPayload, listening, readOptions };

/**
 * @typedef {object} ServerOptions
 * @property {'echo' | 'fan-out' | 'upload' | 'download'} mode
 * @property {'off' | 'takeover' | 'no-takeover'} deflate
 * @property {number} size of the messages of a download
 * @property {number} answerEvery after how many messages an upload is answered
 */

/** @returns {ServerOptions} */
function readOptions() {
  const { values } = parseArgs({
    options: {
      mode: { type: 'string', default: 'echo' },
      deflate: { type: 'string', default: 'off' },
      size: { type: 'string', default: '0' },
      'answer-every': { type: 'string', default: '1' },
    },
  });

  return {
    mode: values.mode,
    deflate: values.deflate,
    size: Number(values.size),
    answerEvery: Number(values['answer-every']),
  };
}

/**
 * Says that the server listens, and from then on does what the runner asks.
 *
 * @param {number} port
 * @param {{ report?: () => object }} [own] as in `begin()`
 */
function listening(port, own) {
  begin({ event: 'listening', port }, own);
}

/**
 * Announces that the program is ready, and from then on does what the runner asks.
 *
 * @param {{ event: string }} announcement
 * @param {{ reset?: () => void, report?: () => object }} [own] what the program itself starts to count, and tells of
 */
function begin(announcement, own = {}) {
  const delay = watchEventLoop();
  const orders = {
    reset: () => {
      delay?.reset();
      own.reset?.();
    },
    report: () =>
      tell({
        event: 'report',
        eventLoopDelay: summary(delay),
        ...own.report?.(),
      }),
    collect: () => {
      collectGarbage();
      tell({ event: 'collected' });
    },
  };

  readline
    .createInterface({ input: process.stdin })
    .on('line', (line) => orders[line]?.())
    .on('close', () => process.exit(0));

  tell(announcement);
}

/**
 * @param {number} size
 * @returns {Buffer} what the load generator expects a download to consist of
 */
function downloadPayload(size) {
  return Buffer.from(
    Uint8Array.from({ length: size }, (_, i) => i * 31 + (i >> 8)),
  );
}

function tell(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

function watchEventLoop() {
  // Bun has it too, but counts most delays as none.
  if (globalThis.Bun) return null;

  try {
    const { monitorEventLoopDelay } = require('node:perf_hooks');
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION });

    delay.enable();
    return delay;
  } catch {
    return null; // Not every runtime has it.
  }
}

/** Milliseconds that the loop was late. */
function summary(delay) {
  if (delay === null || !(delay.max > 0)) return null;

  const late = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION);

  return {
    mean: late(delay.mean),
    p99: late(delay.percentile(99)),
    max: late(delay.max),
  };
}

function collectGarbage() {
  if (globalThis.Bun) globalThis.Bun.gc(true);
  else globalThis.gc?.();
}
