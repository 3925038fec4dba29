'use strict';

/**
 * Holds the accounts of both ends of a connection against each other.
 *
 * What has to be true of any connection, whatever happens to it on its way: each message that was accepted has arrived
 * once and in order, or the close says why not; `close` came once at each end; every callback was called once.
 *
 * @param {object} client the account of a `ConnectionEnd`, or of a client by hand (`raw`)
 * @param {object} server
 * @param {object} [circumstances]
 * @param {boolean} [circumstances.disturbed] whether something between them may have cut the connection off
 * @returns {string[]} what is wrong
 */
function reconcile(client, server, { disturbed = false } = {}) {
  const provoked = client.raw === 'nonsense';
  const problems = [
    ...problemsOf(client),
    ...problemsOf({ ...server, errors: provoked ? [] : server.errors }),
  ];
  problems.push(...flowProblems(client, server));
  if (!client.raw) problems.push(...flowProblems(server, client));

  const clean = server.ending.how === 'close';
  if (client.opened && !client.raw && clean && !disturbed) {
    for (const { role, code } of [client, server]) {
      if (code === 1006) problems.push(`${role}: a clean end was cut off`);
    }
  }
  return problems;
}

/**
 * @param {object} account of an end that has no other end to be held against
 * @returns {string[]} what is wrong
 */
function problemsOf({ role, raw, opened, closes, errors = [], faults }) {
  const problems = faults.map((fault) => `${role}: ${fault}`);
  if (raw) return problems;

  if (closes !== 1) problems.push(`${role}: ${closes} closes`);
  // A connection that breaks is a 1006; only one that never came to be is an error.
  if (errors.length !== (opened ? 0 : 1)) {
    problems.push(`${role}: errors: ${errors.join(', ') || 'none'}`);
  }
  return problems;
}

module.exports = { problemsOf, reconcile };

/** A close frame comes behind everything else: who has heard one has heard all. */
function flowProblems(from, to) {
  const flow = `${to.received} of ${from.sent} from ${from.role} to ${to.role}`;
  const codes = `${from.code ?? from.raw} and ${to.code}`;
  const heardAll = to.code !== 1006 && to.opened;
  // One by hand that ended its half, and whom the other end let finish.
  const letFinish =
    from.raw === 'half-close' && from.opened && to.ending.by === 'client';

  if (to.received > from.sent) return [`${flow}: too many`];
  if ((heardAll || letFinish) && to.received !== from.sent) {
    return [`${flow}, closed with ${codes}`];
  }
  return [];
}
