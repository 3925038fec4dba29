'use strict';

const fs = require('node:fs');
const path = require('node:path');

/** All there is. A request names a key of this table and never a file, so no path can lead out of the folder. */
const FILES = new Map([
  ['/', load('index.html', 'text/html; charset=utf-8')],
  ['/app.js', load('app.js', 'text/javascript; charset=utf-8')],
  ['/style.css', load('style.css', 'text/css; charset=utf-8')],
]);

const SECURITY_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/**
 * Answers a request for one of the page's files.
 *
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
function serveStaticFile(request, response) {
  const [pathname] = request.url.split('?', 1);
  const file = FILES.get(pathname);

  if (!file) return answer(response, 404, 'There is no such page.\n');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return answer(response, 405, 'Only GET and HEAD are allowed.\n');
  }
  answer(response, 200, file.content, file.type);
}

function answer(response, status, content, type = 'text/plain; charset=utf-8') {
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'Cache-Control': 'no-cache',
    'Content-Length': Buffer.byteLength(content),
    'Content-Type': type,
  });
  response.end(content); // For HEAD, Node leaves the body out.
}

function load(name, type) {
  return {
    type,
    content: fs.readFileSync(path.join(__dirname, 'public', name)),
  };
}

module.exports = { serveStaticFile };
