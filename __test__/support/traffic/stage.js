'use strict';

const { eventOf, within } = require('../waiting');
const { FaultProxy } = require('../fault-proxy');
const { ConnectionEnd } = require('./connection-end');
const { problemsOf, reconcile } = require('./reconcile');

/** Nothing that is played takes longer. */
const PATIENCE_MS = 60_000;

/** A server, and connections to it through a fault proxy each, whose accounts are reconciled. */
class Stage {
  /**
   * @param {object} parts
   * @param {{ WebSocketServer: Function }} parts.Server the implementation of the server
   * @param {Function} parts.Client that of the clients
   */
  constructor({ Server, Client }) {
    this._Client = Client;
    this._acts = new Map();
    this._wss = new Server.WebSocketServer({
      host: '127.0.0.1',
      port: 0,
      perMessageDeflate: { threshold: 0 },
      closeTimeout: PATIENCE_MS,
    });
    this._wss.on('connection', (websocket, { url }) => {
      this._acts.get(url)?.acceptedBy(websocket);
    });
  }

  async start() {
    await eventOf(this._wss, 'listening');
  }

  /**
   * Plays one connection from its beginning to its end.
   *
   * @param {Plan} plan what the two ends do
   * @param {{ up?: LinePlan, down?: LinePlan }} weather what happens between them
   * @returns {Promise<{ problems: string[], client: object, server: object | null, proxy: FaultProxy }>}
   */
  play(plan, weather) {
    return this.begin(plan, weather).result;
  }

  /**
   * @param {Plan} plan
   * @param {{ up?: LinePlan, down?: LinePlan }} weather
   * @returns {Act} whose `result` is what `play()` returns
   */
  begin(plan, weather) {
    const proxy = new FaultProxy(this._wss.address().port, weather);
    const act = new Act(plan, proxy);
    this._acts.set(`/${plan.id}`, act);
    act.result = this._conduct(act);
    return act;
  }

  async _conduct(act) {
    const { plan, proxy } = act;
    const target = `/${plan.id}`;
    try {
      const url = `ws://127.0.0.1:${await proxy.listen()}${target}`;
      act.connect(
        new this._Client(url, {
          perMessageDeflate: plan.deflate ? { threshold: 0 } : false,
          closeTimeout: PATIENCE_MS,
        }),
      );
      await within(act.ended, () => act.describe(), PATIENCE_MS);
      return { ...act.accounts, problems: act.problems(), proxy };
    } finally {
      proxy.close();
      this._acts.delete(target);
    }
  }

  /** Nobody may be left. */
  async close() {
    const left = this._wss.clients.size;
    this.abandon();
    if (left > 0) throw new Error(`${left} connections are left on the server`);
  }

  /** Ends whatever goes on. */
  abandon() {
    for (const act of this._acts.values()) act.abandon();
    for (const client of this._wss.clients) client.terminate();
    this._wss.close();
  }
}

module.exports = { Stage };

/** What is known of one connection while it is played. */
class Act {
  constructor(plan, proxy) {
    this.accounts = { client: null, server: null };
    this.ended = new Promise((resolve) => (this._resolve = resolve));
    this.plan = plan;
    this.proxy = proxy;
    /** @type {Promise<object>} */
    this.result = null;
    /** @type {Record<string, ConnectionEnd | null>} */
    this._ends = { client: null, server: null };
    this._serverBegan = false;
  }

  /** How many messages have arrived at each end. */
  counts() {
    return Object.values(this._ends).map((end) => end?.received ?? 0);
  }

  /** What each end has sent that the system has not taken. */
  waiting() {
    return Object.values(this._ends).map((end) => end?.bufferedAmount ?? 0);
  }

  connect(websocket) {
    this._client = websocket;
    const end = new ConnectionEnd(websocket, this.plan, 'client', (account) => {
      this._hasEnded('client', account);
    });
    this._ends.client = end;
  }

  acceptedBy(websocket) {
    this._serverBegan = true;
    const end = new ConnectionEnd(websocket, this.plan, 'server', (account) => {
      this._hasEnded('server', account);
    });
    this._ends.server = end;
    end.begin();
  }

  abandon() {
    this.proxy.close();
    this._client?.terminate();
  }

  problems() {
    const { client, server } = this.accounts;
    const disturbed = this.proxy.hasCut;
    if (server) {
      return [
        ...reconcile(client, server, { disturbed }),
        ...this._undelivered(),
      ];
    }
    const problems = problemsOf(client);
    if (!disturbed) problems.push('the handshake failed');
    return problems;
  }

  describe() {
    const { client, server } = this.accounts;
    return `connection ${this.plan.id} has not ended: client ${client?.code}, server ${server?.code}`;
  }

  /** Whoever was sent whole messages and then an end, and no reset, has heard them. */
  _undelivered() {
    const { up, down, hasReset } = this.proxy;
    const { by, how } = this.plan.ending;
    const problems = [];
    for (const [line, { role, received }] of [
      [up, this.accounts.server],
      [down, this.accounts.client],
    ]) {
      const terminated = how === 'terminate' && [role, 'both'].includes(by);
      if (hasReset || terminated || !line.hasEnded) continue;
      if (received < line.messages) {
        problems.push(
          `${role}: heard ${received} of ${line.messages} messages that came before the end`,
        );
      }
    }
    return problems;
  }

  _hasEnded(role, account) {
    if (account.late) {
      throw new Error(
        `connection ${account.id}, ${role}, after its end: ${account.late}`,
      );
    }
    this.accounts[role] = account;
    const { client, server } = this.accounts;
    if (!client) return;
    if (server) return this._resolve();
    // The server may never have heard of it; if it has, or does now, it tells.
    if (!client.opened && !this._serverBegan) {
      this.proxy.whenUpstreamIsGone().then(() => {
        if (!this._serverBegan) this._resolve();
      });
    }
  }
}
