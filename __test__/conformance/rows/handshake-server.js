'use strict';

const { createHash } = require('node:crypto');
const { ping, text } = require('../vocabulary');
const { refused, upgraded } = require('./handshake-outcomes');

const KEY = 'Sec-WebSocket-Key';
const VERSION = 'Sec-WebSocket-Version';

const BY_NODE =
  "Node's HTTP server does not ask for this of a request for an upgrade";

module.exports = {
  title: 'Opening handshake: server',
  rules: [
    {
      id: 'handshake-server/accepted',
      kind: 'request',
      roles: ['server'],
      section: 'RFC 6455, 4.2.1, 4.2.2',
      rule: 'A request that has all it needs is answered with 101, Upgrade, Connection, and the accept of its key.',
      rows: [
        { id: 'plain', sends: 'a request in order' },
        {
          id: 'upper-case',
          changes: { Upgrade: 'WEBSOCKET', Connection: 'UPGRADE' },
        },
        { id: 'lower-case', changes: { Connection: 'upgrade' } },
        { id: 'mixed-case', changes: { Upgrade: 'WebSocket' } },
        {
          id: 'lower-case-names',
          sends: 'names of headers in lower case',
          changes: lowerCaseNames(),
        },
        {
          id: 'connection-list',
          changes: { Connection: 'keep-alive, Upgrade' },
        },
        {
          id: 'connection-list-reversed',
          changes: { Connection: 'Upgrade, keep-alive' },
        },
        {
          id: 'connection-twice',
          changes: { Connection: ['keep-alive', 'Upgrade'] },
        },
        { id: 'white-space', changes: { Upgrade: '  websocket  ' } },
        { id: 'path-and-query', requestLine: 'GET /chat?room=1 HTTP/1.1' },
        { id: 'other-headers', changes: { Cookie: 'a=b', 'X-Other': 'c' } },
        { id: 'origin', changes: { Origin: 'http://example.com' } },
        { id: 'no-origin-needed', changes: { 'User-Agent': 'not a browser' } },
        {
          id: 'bytewise',
          bytewise: true,
          sends: 'a request, each byte in a segment of its own',
        },
        {
          id: 'frames-behind',
          sends: 'a request and text "a" and a ping in one segment',
          behind: [text('a'), ping('p')],
          expect: {
            api: ['connection', 'text "a"', 'ping "p"', 'close 1000'],
            wire: ['101', 'pong "p"', 'close 1000'],
          },
        },
      ].map((row) => ({ expect: upgraded(), ...row })),
    },
    {
      id: 'handshake-server/accept',
      kind: 'request',
      roles: ['server'],
      section: 'RFC 6455, 4.2.2',
      rule: 'Sec-WebSocket-Accept is the SHA-1 digest of the key and the GUID, in base64.',
      rows: [
        'dGhlIHNhbXBsZSBub25jZQ==',
        'AAAAAAAAAAAAAAAAAAAAAA==',
        '/////////////////////w==',
        '++++++++++++++++++++++==',
        ...[1, 2, 3].map((seed) =>
          createHash('md5').update(`${seed}`).digest('base64'),
        ),
      ].map((key, i) => ({
        id: `${i}`,
        changes: { [KEY]: key },
        expect: upgraded(),
      })),
    },
    {
      id: 'handshake-server/method',
      kind: 'request',
      roles: ['server'],
      section: 'RFC 6455, 4.2.1, 1',
      rule: 'The request is a GET.',
      rows: ['POST', 'PUT', 'HEAD', 'OPTIONS', 'DELETE', 'PATCH'].map(
        (method) => ({
          id: method,
          requestLine: `${method} / HTTP/1.1`,
          expect: refused('405'),
        }),
      ),
    },
    {
      id: 'handshake-server/http-version',
      kind: 'request',
      roles: ['server'],
      section: 'RFC 6455, 4.2.1, 1',
      rule: 'The request is of HTTP 1.1 or later.',
      rows: [
        {
          id: '1.0',
          requestLine: 'GET / HTTP/1.0',
          expect: refused('400'),
          both: { expect: upgraded(), why: BY_NODE },
        },
        { id: '2.0', requestLine: 'GET / HTTP/2.0', expect: upgraded() },
        { id: 'no-http', requestLine: 'GET / FTP/1.1', expect: refused('400') },
      ],
    },
    {
      id: 'handshake-server/host',
      kind: 'request',
      roles: ['server'],
      section: 'RFC 6455, 4.2.1, 2',
      rule: 'The request has a Host header.',
      rows: [
        {
          id: 'missing',
          changes: { Host: null },
          expect: refused('400'),
          both: { expect: upgraded(), why: BY_NODE },
        },
      ],
    },
    {
      id: 'handshake-server/upgrade',
      kind: 'request',
      roles: ['server'],
      section: 'RFC 6455, 4.2.1, 3',
      rule: 'The request has an Upgrade header that says websocket.',
      rows: [
        { id: 'missing', changes: { Upgrade: null }, expect: refused('426') },
        { id: 'empty', changes: { Upgrade: '' }, expect: refused('426') },
        ...['foo', 'websockets', 'web socket', 'websocket2', 'h2c'].map(
          (value) => ({
            id: value.replace(' ', '-'),
            changes: { Upgrade: value },
            expect: refused('400'),
          }),
        ),
        {
          id: 'among-others',
          changes: { Upgrade: 'websocket, h2c' },
          expect: upgraded(),
          both: {
            expect: refused('400'),
            why: 'ws takes one token alone',
          },
        },
      ],
    },
    {
      id: 'handshake-server/connection',
      kind: 'request',
      roles: ['server'],
      section: 'RFC 6455, 4.2.1, 4',
      rule: 'The request has a Connection header with the token Upgrade.',
      rows: [
        { id: 'missing', changes: { Connection: null } },
        { id: 'keep-alive', changes: { Connection: 'keep-alive' } },
        { id: 'close', changes: { Connection: 'close' } },
        { id: 'other', changes: { Connection: 'Upgraded' } },
      ].map((row) => ({ ...row, expect: refused('426') })),
    },
    {
      id: 'handshake-server/key',
      kind: 'request',
      roles: ['server'],
      section: 'RFC 6455, 4.2.1, 5',
      rule: 'The request has a key of 16 bytes in base64, once.',
      rows: [
        ['missing', null],
        ['empty', ''],
        ['one-byte', 'AA=='],
        ['fifteen-bytes', 'AAAAAAAAAAAAAAAAAAAA'],
        ['seventeen-bytes', 'AAAAAAAAAAAAAAAAAAAAAAA='],
        ['eighteen-bytes', 'AAAAAAAAAAAAAAAAAAAAAAAA'],
        ['thirty-two-bytes', `${'A'.repeat(43)}=`],
        ['no-padding', 'AAAAAAAAAAAAAAAAAAAAAA'],
        ['half-the-padding', 'AAAAAAAAAAAAAAAAAAAAAA='],
        ['too-much-padding', 'AAAAAAAAAAAAAAAAAAAAAA==='],
        ['padding-within', 'AAAAAAAAAA==AAAAAAAAAAAA'],
        ['not-base64', 'AAAAAAAAAAAAAAAAAAAA!A=='],
        ['of-urls', 'AAAAAAAAAAAAAAAAAAAA-_=='],
        ['space-within', 'AAAAAAAAAA AAAAAAAAAAA=='],
        ['quoted', '"AAAAAAAAAAAAAAAAAAAAAA=="'],
        ['twice', ['AAECAwQFBgcICQoLDA0ODw==', 'AAECAwQFBgcICQoLDA0ODw==']],
      ].map(([id, key]) => ({
        id,
        changes: { [KEY]: key },
        expect: refused('400'),
      })),
    },
    {
      id: 'handshake-server/version',
      kind: 'request',
      roles: ['server'],
      section: 'RFC 6455, 4.2.1, 6, 4.4',
      rule: 'A version that the server does not know is refused, and the answer says which it knows.',
      rows: [
        ...[
          ['missing', null],
          ['empty', ''],
          ...[
            '0',
            '4',
            '7',
            '9',
            '12',
            '14',
            '25',
            '130',
            '255',
            '-13',
            'abc',
            '13, 8',
          ].map((version) => [version.replace(', ', '-and-'), version]),
          ['twice', ['13', '13']],
        ].map(([id, version]) => ({
          id,
          changes: { [VERSION]: version },
          expect: refused('400', 'version 13, 8'),
        })),
        ...['013', '13.0', '0xd', '1.3e1', '+13'].map((version) => ({
          id: version,
          changes: { [VERSION]: version },
          expect: refused('400', 'version 13, 8'),
          both: {
            expect: upgraded(),
            why: 'ws takes any form of the number 13',
          },
        })),
        {
          id: '13',
          changes: { [VERSION]: '13' },
          expect: upgraded(),
        },
        {
          id: '8',
          changes: { [VERSION]: '8' },
          expect: upgraded(),
        },
      ],
    },
    {
      id: 'handshake-server/no-upgrade',
      kind: 'request',
      roles: ['server'],
      section: 'RFC 6455, 4.2.2; RFC 9110, 15.5.22',
      rule: 'A request that does not ask for an upgrade is told that one is needed.',
      rows: [
        {
          id: 'get',
          sends: 'a GET without Upgrade and Connection',
          changes: { Upgrade: null, Connection: null },
          expect: refused('426'),
        },
      ],
    },
    {
      id: 'handshake-server/path',
      kind: 'request',
      roles: ['server'],
      section: 'RFC 6455, 4.2.2, 4',
      rule: 'A resource that there is not is refused.',
      rows: [
        { id: 'other', path: '/b', expect: refused('400') },
        { id: 'longer', path: '/a/b', expect: refused('400') },
        { id: 'same', path: '/a', expect: upgraded() },
        { id: 'with-a-query', path: '/a?b', expect: upgraded() },
      ].map(({ path, ...row }) => ({
        ...row,
        options: { path: '/a' },
        requestLine: `GET ${path} HTTP/1.1`,
      })),
    },
    {
      id: 'handshake-server/refused-by-the-program',
      kind: 'request',
      roles: ['server'],
      section: 'RFC 6455, 4.2.2, 2 and 4; 10.2',
      rule: 'A program may refuse a client, for its origin or for anything else.',
      rows: [
        {
          id: 'origin',
          sends: 'an origin that `verifyClient` does not know',
          changes: { Origin: 'http://evil.example' },
          options: {
            verifyClient: ({ origin }) => origin === 'http://good.example',
          },
          expect: refused('401'),
        },
        {
          id: 'right-origin',
          sends: 'the origin that `verifyClient` knows',
          changes: { Origin: 'http://good.example' },
          options: {
            verifyClient: ({ origin }) => origin === 'http://good.example',
          },
          expect: upgraded(),
        },
        {
          id: 'with-a-status',
          sends: 'a request that `verifyClient` answers with 403',
          options: { verifyClient: (info, done) => done(false, 403) },
          expect: refused('403'),
        },
      ],
    },
  ],
};

function lowerCaseNames() {
  const values = {
    Host: '127.0.0.1',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    [VERSION]: '13',
    [KEY]: 'AAECAwQFBgcICQoLDA0ODw==',
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => [
      [name, null],
      [name.toLowerCase(), value],
    ]),
  );
}
