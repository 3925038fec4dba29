'use strict';

const extension = require('./extension');
const native = require('./native');
const PerMessageDeflate = require('./permessage-deflate');

module.exports = checkResponse;

/**
 * Checks a 101 response, RFC 6455, section 4.1, and takes over what the server
 * has chosen.
 *
 * @param {any} websocket the WebSocket; its subprotocol and extensions are set
 * @param {import('http').IncomingMessage} res the response
 * @param {import('./client-request').Request} asked what was asked for
 * @returns {string | null} what is wrong with the response, if anything is
 */
function checkResponse(websocket, res, asked) {
  const { headers } = res;

  if (headers.upgrade?.toLowerCase() !== 'websocket') {
    return 'Invalid Upgrade header';
  }
  if (headers['sec-websocket-accept'] !== native.acceptKey(asked.key)) {
    return 'Invalid Sec-WebSocket-Accept header';
  }

  return (
    adoptProtocol(websocket, headers['sec-websocket-protocol'], asked) ||
    adoptExtension(websocket, headers['sec-websocket-extensions'], asked)
  );
}

/**
 * @param {any} websocket the WebSocket
 * @param {string | undefined} protocol the subprotocol that the server chose
 * @param {import('./client-request').Request} asked what was asked for
 * @returns {string | null} what is wrong with it, if anything is
 */
function adoptProtocol(websocket, protocol, { protocols }) {
  if (protocol === undefined) {
    return protocols.size > 0 ? 'Server sent no subprotocol' : null;
  }
  if (protocols.size === 0) {
    return 'Server sent a subprotocol but none was requested';
  }
  if (!protocols.has(protocol)) return 'Server sent an invalid subprotocol';

  websocket._protocol = protocol;
  return null;
}

/**
 * @param {any} websocket the WebSocket
 * @param {string | undefined} header the extensions that the server accepted
 * @param {import('./client-request').Request} asked what was asked for
 * @returns {string | null} what is wrong with them, if anything is
 */
function adoptExtension(websocket, header, { perMessageDeflate }) {
  if (header === undefined) return null;
  if (!perMessageDeflate) {
    return (
      'Server sent a Sec-WebSocket-Extensions header but no extension was ' +
      'requested'
    );
  }

  const name = PerMessageDeflate.extensionName;

  try {
    const extensions = extension.parse(header);
    const names = Object.keys(extensions);

    if (names.length !== 1 || names[0] !== name) {
      return 'Server indicated an extension that was not requested';
    }

    perMessageDeflate.accept(extensions[name]);
  } catch {
    return 'Invalid Sec-WebSocket-Extensions header';
  }

  websocket._extensions[name] = perMessageDeflate;
  return null;
}
