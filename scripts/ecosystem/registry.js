'use strict';

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');

/**
 * A registry on 127.0.0.1 that has a few packages of its own and asks another one for all others, so that a package
 * which is not published can be installed by its name.
 */
class Registry {
  #documents = new Map();
  #tarballs = new Map();
  #server = http.createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });
  #upstream;

  /**
   * @param {import('./packing').Package[]} packages Its own
   * @param {string} upstream The address of the registry for everything else
   */
  constructor(packages, upstream) {
    this.#upstream = upstream.endsWith('/') ? upstream : `${upstream}/`;
    for (const entry of packages) this.#add(entry);
  }

  /**
   * @returns {Promise<string>} Its address
   */
  async listen() {
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return this.#address;
  }

  /** Ends it and what is connected to it. */
  async close() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get #address() {
    return `http://127.0.0.1:${this.#server.address().port}/`;
  }

  /**
   * A package without a tarball is announced all the same: npm reads from the announcement that it is for another
   * platform, and never asks for the tarball.
   */
  #add({ manifest, tarball }) {
    const { name, version } = manifest;
    const file = tarball ? path.basename(tarball) : `${name}-${version}.tgz`;
    const bytes = tarball ? fs.readFileSync(tarball) : Buffer.alloc(0);
    const location = `${name}/-/${file}`;
    const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;

    this.#documents.set(`/${name}`, () => ({
      name,
      'dist-tags': { latest: version },
      versions: {
        [version]: {
          ...manifest,
          dist: { integrity, tarball: `${this.#address}${location}` },
        },
      },
    }));
    if (tarball) this.#tarballs.set(`/${location}`, bytes);
  }

  async #answer(request, response) {
    if (request.method !== 'GET') {
      response.writeHead(405).end();
      return;
    }
    const document = this.#documents.get(request.url);
    const tarball = this.#tarballs.get(request.url);

    if (document) {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(document()));
    } else if (tarball) {
      response.setHeader('Content-Type', 'application/octet-stream');
      response.end(tarball);
    } else {
      await this.#forward(request, response);
    }
  }

  async #forward(request, response) {
    const url = new URL(`.${request.url}`, this.#upstream);
    const answer = await fetch(url, {
      headers: { Accept: request.headers.accept ?? '*/*' },
    });
    const type = answer.headers.get('content-type');

    response.writeHead(answer.status, type ? { 'Content-Type': type } : {});
    await pipeline(Readable.fromWeb(answer.body), response);
  }
}

module.exports = { Registry };
