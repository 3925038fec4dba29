'use strict';

const http = require('node:http');
const { WebSocket, WebSocketServer } = require('ws');
const { listen } = require('./servers');

/**
 * Stands between a program and a browser, with a WebSocketServer of `ws` towards the one and a WebSocket of `ws`
 * towards the other. It hands on every message as it is, and the end of a connection with its code.
 */
class CdpProxy {
  /** The headers of the last connection. */
  headers = undefined;
  /** How many messages went to the browser, and how many came from it. */
  messages = { toBrowser: 0, fromBrowser: 0 };
  /** The code with which the program ended its last connection. */
  closeCode = undefined;

  /**
   * @param {import('node:test').TestContext} t The proxy ends with the test
   * @param {string} endpoint The browser's
   * @returns {Promise<CdpProxy>}
   */
  static async start(t, endpoint) {
    const proxy = new CdpProxy();
    const server = http.createServer((request, response) => {
      // Where programs ask for the endpoint which they are to use.
      response.setHeader('Content-Type', 'application/json');
      response.end(
        JSON.stringify({ webSocketDebuggerUrl: `${proxy.url}/found` }),
      );
    });
    proxy.wss = new WebSocketServer({ server, maxPayload: 256 * 1024 * 1024 });
    proxy.wss.on('connection', (program, request) => {
      proxy.#join(program, request, endpoint);
    });
    proxy.address = `127.0.0.1:${await listen(t, server)}`;
    proxy.url = `ws://${proxy.address}`;
    return proxy;
  }

  #join(program, { headers, url }, endpoint) {
    this.headers = headers;
    this.path = url;
    const browser = new WebSocket(endpoint, {
      perMessageDeflate: false,
      maxPayload: 256 * 1024 * 1024,
    });
    // Nothing is read until there is somebody to hand it to.
    program.pause();
    browser.on('open', () => program.resume());
    program.on('message', (data, isBinary) => {
      this.messages.toBrowser++;
      browser.send(data, { binary: isBinary });
    });
    browser.on('message', (data, isBinary) => {
      this.messages.fromBrowser++;
      program.send(data, { binary: isBinary });
    });
    program.on('close', (code) => {
      this.closeCode = code;
      end(browser, code);
    });
    browser.on('close', (code) => end(program, code));
    browser.on('error', () => program.terminate());
  }
}

module.exports = { CdpProxy };

function end(websocket, code) {
  if (code === 1005) websocket.close();
  else if (code === 1006) websocket.terminate();
  else websocket.close(code);
}
