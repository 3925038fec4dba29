'use strict';

const { problemsOf, reconcile } = require('../support/traffic/reconcile');

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
        for (const problem of problemsOf(account)) this._violation(id, problem);
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

    for (const problem of reconcile(client, server)) {
      this._violation(client.id, problem);
    }
  }

  _violation(id, text) {
    this.violations++;
    if (this.told.length < TOLD) this.told.push(`connection ${id}: ${text}`);
  }
}

module.exports = { Ledger };
