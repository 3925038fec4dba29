'use strict';

/** Takes the place of a `TestContext` for the helpers that a row uses: what it opens ends with the row. */
class RowContext {
  #last = [];

  /** @param {() => void | Promise<void>} end */
  after(end) {
    this.#last.push(end);
  }

  /** Ends everything, the latest first. */
  async end() {
    for (const end of this.#last.reverse()) await end();
  }
}

module.exports = { RowContext };
