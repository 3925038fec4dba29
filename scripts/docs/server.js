'use strict';

const fs = require('node:fs/promises');
const http = require('node:http');
const path = require('node:path');

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

/**
 * Serves a folder as it is, on 127.0.0.1.
 *
 * @param {string} folder
 * @param {number} [port] 0 takes a free one
 * @returns {Promise<{address: string, close: function(): Promise<void>}>} Where it is, and how to end it
 */
async function serve(folder, port = 0) {
  const server = http.createServer((request, response) => {
    answer(folder, request.url, response);
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    address: `http://127.0.0.1:${server.address().port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

async function answer(folder, url, response) {
  const { pathname } = new URL(url, 'http://localhost');
  const file = path.join(
    folder,
    decodeURI(pathname.replace(/\/$/, '/index.html')),
  );
  try {
    const content = await fs.readFile(file);
    const type = TYPES[path.extname(file)] ?? 'text/plain; charset=utf-8';
    response.writeHead(200, { 'content-type': type }).end(content);
  } catch {
    response.writeHead(404).end();
  }
}

module.exports = { serve };
