'use strict';

/** Everybody who comes in sees this many of the last lines. */
const HISTORY_LENGTH = 50;
const MAX_NAME_LENGTH = 24;
const MAX_TEXT_LENGTH = 500;
/** How many lines one person may send in `RATE_WINDOW_MS`. */
const RATE_LIMIT = 8;
const RATE_WINDOW_MS = 4_000;

/**
 * One room, in memory. Everything it sends is a JSON text message with a `type`; the page shows it as text, never as
 * HTML.
 */
class ChatRoom {
  #members = new Map();
  #history = [];
  #guests = 0;

  /**
   * @param {import('ws').WebSocket} ws Somebody has come in, and stays nameless until `rename`
   */
  enter(ws) {
    const member = { name: `Guest ${++this.#guests}`, recent: [] };
    this.#members.set(ws, member);
    sendJson(ws, { type: 'welcome', name: member.name, lines: this.#history });
    this.#tellWhoIsHere();
  }

  /**
   * @param {import('ws').WebSocket} ws
   */
  leave(ws) {
    if (this.#members.delete(ws)) this.#tellWhoIsHere();
  }

  /**
   * @param {import('ws').WebSocket} ws
   * @param {unknown} wanted The name as it came from the page
   */
  rename(ws, wanted) {
    const name = cleanLine(wanted, MAX_NAME_LENGTH);
    const member = this.#members.get(ws);
    if (!name) return refuse(ws, 'A name needs at least one letter.');

    member.name = name;
    sendJson(ws, { type: 'named', name });
    this.#tellWhoIsHere();
  }

  /**
   * @param {import('ws').WebSocket} ws
   * @param {unknown} said The text as it came from the page
   */
  say(ws, said) {
    const text = cleanLine(said, MAX_TEXT_LENGTH);
    const member = this.#members.get(ws);
    if (!text) return;
    if (isTooFast(member)) return refuse(ws, 'Slower, please.');

    const line = { name: member.name, text, time: Date.now() };
    this.#history.push(line);
    if (this.#history.length > HISTORY_LENGTH) this.#history.shift();
    this.#tellEverybody({ type: 'chat', line });
  }

  #tellWhoIsHere() {
    const names = Array.from(this.#members.values(), ({ name }) => name);
    this.#tellEverybody({ type: 'people', count: names.length, names });
  }

  #tellEverybody(message) {
    const text = JSON.stringify(message);
    for (const ws of this.#members.keys()) ws.send(text);
  }
}

function sendJson(ws, message) {
  ws.send(JSON.stringify(message));
}

function refuse(ws, reason) {
  sendJson(ws, { type: 'refused', reason });
}

/**
 * @param {unknown} value
 * @param {number} maxLength In UTF-16 units, like the `maxlength` of the page's fields
 * @returns {string} One line without control characters, cut at the limit
 */
function cleanLine(value, maxLength) {
  if (typeof value !== 'string') return '';
  const oneLine = value.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  // A cut through a surrogate pair would leave half a character.
  return oneLine.slice(0, maxLength).toWellFormed().trim();
}

function isTooFast(member) {
  const now = Date.now();
  member.recent = member.recent.filter((time) => now - time < RATE_WINDOW_MS);
  if (member.recent.length >= RATE_LIMIT) return true;
  member.recent.push(now);
  return false;
}

module.exports = { ChatRoom };
