'use strict';

const { acceptKeyFor } = require('../../support/raw-peer');

/** The key that raw clients offer, and so what a server must answer. */
const FIXED_ACCEPT = acceptKeyFor(
  'Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==',
);

const HTTP_DATE = /[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/g;
const KEY = /(?<![\w+/])[\w+/]{22}==(?![\w+/=])/g;
const ACCEPT = /(?<![\w+/])[\w+/]{27}=(?![\w+/=])/g;

/** Replaces, in texts of a trace, what differs from run to run. */
class Hiding {
  #ports = new Map();

  /**
   * @param {number} port one that the system chose
   * @param {string} [name] what to show in its place
   */
  addPort(port, name = 'port') {
    this.#ports.set(String(port), `<${name}>`);
  }

  /**
   * @param {string} text
   * @returns {string}
   */
  hide(text) {
    return text
      .replace(/(?<!\d)\d{4,5}(?!\d)/g, (n) => this.#ports.get(n) ?? n)
      .replace(HTTP_DATE, '<date>')
      .replace(KEY, '<key>')
      .replace(ACCEPT, (accept) =>
        accept === FIXED_ACCEPT ? accept : '<accept>',
      );
  }
}

module.exports = Hiding;
