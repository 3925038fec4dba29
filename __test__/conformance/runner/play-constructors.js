'use strict';

const { WebSocket } = require('../../support/subject');

module.exports = { playConstructor };

/**
 * Plays a row of what a client refuses to ask for: nothing is sent, because the
 * constructor throws.
 *
 * A row has `url`, `protocols` and `options`.
 *
 * @param {RowContext} t
 * @param {object} row
 * @returns {Promise<{ api: string[], wire: string[] }>}
 */
async function playConstructor(t, { options, protocols, url }) {
  try {
    const subject = new WebSocket(url, protocols, options);
    subject.on('error', () => {});
    t.after(() => subject.terminate());
    return { api: ['throws nothing'], wire: [] };
  } catch (error) {
    return { api: [`throws ${error.name}`], wire: [] };
  }
}
