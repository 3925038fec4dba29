'use strict';

const { BOTH_ROLES } = require('../vocabulary');

const SECTIONS = [
  require('./handshake-server'),
  require('./handshake-server-offers'),
  require('./handshake-client'),
  require('./handshake-refusals'),
  require('./framing'),
  require('./control'),
  require('./fragmentation'),
  require('./utf8'),
  require('./close'),
  require('./limits'),
  require('./sending'),
  require('./deflate-negotiation-server'),
  require('./deflate-negotiation-client'),
  require('./deflate-frames'),
  require('./deflate-data'),
  require('./deflate-matrix'),
];

/**
 * A row of the table: a rule, one way to try it, and one role.
 *
 * @typedef {object} Row
 * @property {string} id unlike that of any other
 * @property {string} title of its part of the table
 * @property {string} section of the RFC
 * @property {string} rule a sentence
 * @property {'server' | 'client'} role of the implementation under test
 * @property {'frames' | 'request' | 'response' | 'constructor' | 'exchange'} kind what plays it: see `runner/play-*.js`
 * @property {string} [group] what it tries, where many rows try the same
 * @property {string} [sends] the same for one row, where it cannot be told from what is sent
 * @property {string} [sees] what must be seen, where the rows of a group do not see the same
 * @property {{ api: string[], wire: string[] }} expect what must be seen by the RFC: events, and what the peer gets
 * @property {{ expect: object, why: string }} [ws] what ws does in its place, and why ours is better
 * @property {{ expect: object, why: string }} [both] what both do in its place, and why
 */

/** @type {Row[]} */
const ROWS = SECTIONS.flatMap(({ rules, title }) =>
  rules.flatMap(({ kind = 'frames', id, roles = BOTH_ROLES, rows, ...rule }) =>
    rows.flatMap((row) =>
      roles.map((role) => ({
        kind,
        ...rule,
        ...row,
        id: `${id}/${row.id}/${role}`,
        ruleId: id,
        role,
        title,
      })),
    ),
  ),
);

module.exports = { ROWS };
