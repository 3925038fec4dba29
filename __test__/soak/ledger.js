'use strict';

/** So many violations are told in full. */
const TOLD = 20;

/** Holds the accounts of both ends of each connection against each other. */
class Ledger {
  constructor() {
    this.totals = { connections: 0, messages: 0, bytes: 0, refused: 0 };
    this.codes = {};
    this.violations = 0;
    /** @type {string[]} the first of them */
    this.told = [];
    this._waiting = new Map();
    this._accounts = 0;
  }

  /** Changes whenever an account comes in. */
  get settled() {
    return this._accounts;
  }

  /** @param {string} text what is wrong with the whole */
  complain(text) {
    this._violation('any', text);
  }

  /** @param {object} account what one end of a connection has counted */
  add(account) {
    const { id, role, late } = account;
    this._accounts++;
    if (late) return this._violation(id, `${role}, after the end: ${late}`);
    for (const fault of account.faults) {
      this._violation(id, `${role}: ${fault}`);
    }

    const other = this._waiting.get(id);
    if (other) {
      this._waiting.delete(id);
      this._settle(
        ...(role === 'client' ? [account, other] : [other, account]),
      );
    } else {
      this._waiting.set(id, account);
    }
  }

  /**
   * Nothing is under way: whoever still waits for the other end waits in vain, which is all right only for
   * connections that were never open.
   */
  settleRest() {
    for (const [id, account] of this._waiting) {
      if (account.role === 'client' && !account.opened) {
        this.totals.refused++;
        if (!account.raw && account.closes !== 1) {
          this._violation(id, `${account.closes} closes of a refused client`);
        }
      } else {
        this._violation(id, `only the ${account.role} told of it`);
      }
    }
    this._waiting.clear();
  }

  _settle(client, server) {
    this.totals.connections++;
    this.totals.messages += server.received + (client.received ?? 0);
    this.totals.bytes += server.bytes + client.bytes;
    const codes = `${client.raw ?? client.code} / ${server.code}`;
    this.codes[codes] = (this.codes[codes] ?? 0) + 1;

    this._checkFlow(client, server);
    if (!client.raw) this._checkFlow(server, client);
    this._checkCloses(client, server);
  }

  /** What one end has accepted, the other has: all of it, unless the close says that something was cut off. */
  _checkFlow(from, to) {
    const flow = `${from.role} to ${to.role}`;
    if (to.received > from.sent) {
      this._violation(from.id, `${flow}: more than was sent`);
    }
    const whole = from.code !== 1006 && to.code !== 1006 && !from.raw;
    // The server did not end it, and the client let it read everything.
    const politely =
      from.raw === 'half-close' && to.ending.by === 'client' && from.opened;
    if ((whole || politely) && to.received !== from.sent) {
      this._violation(
        from.id,
        `${flow}: ${to.received} of ${from.sent} arrived, closed with ${from.code} and ${to.code}`,
      );
    }
  }

  _checkCloses(client, server) {
    for (const { role, raw, closes, id } of [client, server]) {
      if (!raw && closes !== 1)
        this._violation(id, `${role}: ${closes} closes`);
    }
    if (client.raw || !client.opened) return;
    const { how, by } = client.ending;
    const cut = [client.code, server.code].includes(1006);
    if (cut && (how === 'close' || by === 'nobody')) {
      this._violation(
        client.id,
        `a clean end was cut off: ${client.code} and ${server.code}, ${[...client.errors, ...server.errors].join(', ')}`,
      );
    }
    if (
      how === 'close' &&
      !cut &&
      client.errors.length + server.errors.length > 0
    ) {
      this._violation(
        client.id,
        `errors: ${[...client.errors, ...server.errors].join(', ')}`,
      );
    }
  }

  _violation(id, text) {
    this.violations++;
    if (this.told.length < TOLD) this.told.push(`connection ${id}: ${text}`);
  }
}

module.exports = { Ledger };
