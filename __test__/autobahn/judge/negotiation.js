'use strict';

/** What the parts of section 13 negotiate for what the endpoint sends. */
const PARAMETERS = {
  2: { noContextTakeover: true },
  3: { windowBits: 9 },
  4: { windowBits: 15 },
  5: { noContextTakeover: true, windowBits: 9 },
  6: { noContextTakeover: true, windowBits: 15 },
  7: { noContextTakeover: true, windowBits: 9 },
};

/**
 * Whether a case of section 12 or 13 was played with the compression it is
 * about. kosoku compares the messages itself, octet for octet.
 *
 * @param {import('../recording').Recording} recording
 * @param {'client' | 'server'} role of the endpoint
 * @returns {null | {expected: string, seen: string}} what is wrong
 */
function judgeNegotiation({ id, response }, role) {
  const [section, part] = id.split('.');
  const wanted = section === '13' ? (PARAMETERS[part] ?? {}) : {};
  const parameters = ['permessage-deflate'];
  if (wanted.noContextTakeover) parameters.push(`${role}_no_context_takeover`);
  if (wanted.windowBits) {
    parameters.push(`${role}_max_window_bits=${wanted.windowBits}`);
  }

  const line = /^sec-websocket-extensions: *(.*)$/im.exec(response);
  const agreed = line ? line[1].trim().split(/ *; */) : [];
  if (parameters.every((parameter) => agreed.includes(parameter))) return null;
  return {
    expected: `the extension ${parameters.join('; ')}`,
    seen: line ? `the extension ${line[1].trim()}` : 'no extension',
  };
}

module.exports = { judgeNegotiation };
