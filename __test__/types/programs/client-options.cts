/* A client with every option, and what is told about its life. */

import * as fs from 'node:fs';
import * as http from 'node:http';
import * as net from 'node:net';
import * as tls from 'node:tls';

import WebSocket = require('ws');

const deflate: WebSocket.PerMessageDeflateOptions = {
  clientMaxWindowBits: 10,
  clientNoContextTakeover: true,
  concurrencyLimit: 10,
  serverMaxWindowBits: 10,
  serverNoContextTakeover: true,
  threshold: 1024,
  zlibDeflateOptions: {
    chunkSize: 1024,
    dictionary: Buffer.alloc(1),
    finishFlush: 1,
    flush: 1,
    info: false,
    level: 3,
    memLevel: 7,
    strategy: 0,
    windowBits: 15,
  },
  zlibInflateOptions: { chunkSize: 10 * 1024 },
};

const options: WebSocket.ClientOptions = {
  agent: new http.Agent({ keepAlive: false }),
  allowSynchronousEvents: true,
  autoPong: true,
  ca: fs.readFileSync('ca.pem'),
  cert: 'cert',
  checkServerIdentity: (servername: string, cert: WebSocket.CertMeta) =>
    servername.length > 0 && cert.length > 0,
  createConnection: net.createConnection,
  family: 4,
  finishRequest(request: http.ClientRequest, websocket: WebSocket) {
    request.setHeader('X-State', websocket.readyState);
    request.end();
  },
  followRedirects: true,
  generateMask: (mask: Buffer) => void mask.fill(1),
  handshakeTimeout: 1000,
  headers: { Authorization: 'Bearer token' },
  host: 'localhost',
  key: ['key'],
  localAddress: '127.0.0.1',
  maxBufferedChunks: 1,
  maxFragments: 1,
  maxPayload: 1,
  maxRedirects: 2,
  minVersion: 'TLSv1.2',
  origin: 'https://example.com',
  passphrase: 'secret',
  perMessageDeflate: deflate,
  pfx: Buffer.alloc(0),
  protocol: 'wss:',
  protocolVersion: 13,
  rejectUnauthorized: false,
  skipUTF8Validation: false,
};

const requestOptions: http.ClientRequestArgs = {
  auth: 'user:password',
  headers: { Cookie: ['a=b', 'c=d'] },
  lookup: (_hostname, _options, callback) => callback(null, '127.0.0.1', 4),
  setHost: false,
};

const mayBeUndefined: WebSocket.ClientOptions = {
  agent: undefined,
  headers: undefined,
  perMessageDeflate: undefined,
};

export function connect(
  address: string | URL,
  ...rest: [string[]?, WebSocket.ClientOptions?]
): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(address, ...rest);
    const fail = (error: Error): void => reject(error);

    ws.once('open', () => resolve(ws))
      .once('error', fail)
      .on('upgrade', (response: http.IncomingMessage) => response.headers)
      .on('redirect', (url: string, request: http.ClientRequest) => {
        request.setHeader('X-From', url);
      })
      .on('unexpected-response', (request, response) => {
        request.destroy();
        reject(new Error(`status ${response.statusCode ?? 0}`));
      });
  });
}

void connect('wss://localhost', ['chat'], options);
void connect(new URL('ws://localhost'));

new WebSocket('ws://localhost', requestOptions);
new WebSocket('ws://localhost', 'chat', requestOptions);
new WebSocket('ws://localhost', undefined, { ...options, headers: {} });
new WebSocket('ws://localhost', [], mayBeUndefined);
new WebSocket('ws://localhost', { timeout: 1, signal: AbortSignal.timeout(1) });
new WebSocket(null);

type Rest = ConstructorParameters<typeof WebSocket>;
const args: Rest = ['ws://localhost', ['a'], options];
new WebSocket(...args);

const verified: boolean | undefined = options.checkServerIdentity?.('a', 'b');
const headers: { [key: string]: string } = options.headers ?? {};
const bits: number | undefined = deflate.clientMaxWindowBits;
const secure: tls.SecureContextOptions = options;

export { verified, headers, bits, secure };
