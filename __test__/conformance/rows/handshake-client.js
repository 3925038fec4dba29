'use strict';

const { ping, text } = require('../vocabulary');

const ACCEPT = 'Sec-WebSocket-Accept';
const PROTOCOL = 'Sec-WebSocket-Protocol';
const EXTENSIONS = 'Sec-WebSocket-Extensions';

/** Node takes a response that upgrades nothing for an ordinary one. */
const NO_UPGRADE = refused('Unexpected server response: 101');

const noOffer = { perMessageDeflate: false };

module.exports = {
  title: 'Opening handshake: client',
  rules: [
    {
      id: 'handshake-client/request',
      kind: 'response',
      roles: ['client'],
      section: 'RFC 6455, 4.1',
      rule: 'The request of a client has all that a server needs.',
      rows: [
        ['1', 'request line', 'GET / HTTP/1.1'],
        ['2-host', 'Host', 'Host: 127.0.0.1:(port)'],
        ['5-upgrade', 'Upgrade', 'Upgrade: websocket'],
        ['6-connection', 'Connection', 'Connection: Upgrade'],
        [
          '7-key',
          'Sec-WebSocket-Key',
          'Sec-WebSocket-Key: (16 bytes in base64)',
        ],
        ['9-version', 'Sec-WebSocket-Version', 'Sec-WebSocket-Version: 13'],
        ['8-no-origin', 'Origin', 'Origin: none'],
        ['10-no-protocol', PROTOCOL, `${PROTOCOL}: none`],
        [
          '11-no-extensions',
          EXTENSIONS,
          `${EXTENSIONS}: none`,
          { options: noOffer },
        ],
        [
          '11-extensions',
          EXTENSIONS,
          `${EXTENSIONS}: permessage-deflate; client_max_window_bits`,
        ],
        [
          '8-origin',
          'Origin',
          'Origin: http://a.example',
          { options: { origin: 'http://a.example' } },
        ],
        [
          '3-path',
          'request line',
          'GET /a/b?c=d HTTP/1.1',
          { path: '/a/b?c=d' },
        ],
        [
          '10-protocol',
          PROTOCOL,
          `${PROTOCOL}: a,b`,
          {
            protocols: ['a', 'b'],
            changes: { [PROTOCOL]: 'a' },
            opens: 'open, protocol a',
          },
        ],
      ].map(([id, look, seen, { opens = 'open', ...more } = {}]) => ({
        id,
        sends: `nothing; the request of a client${more.options ? ` with ${JSON.stringify(more.options)}` : ''}`,
        look: [look],
        ...more,
        expect: { api: [opens, 'close 1000'], wire: [seen, 'close 1000'] },
      })),
    },
    {
      id: 'handshake-client/accepted',
      kind: 'response',
      roles: ['client'],
      section: 'RFC 6455, 4.1, 4.2.2',
      rule: 'A response that has all it needs opens the connection.',
      rows: [
        { id: 'plain', sends: 'a response in order' },
        {
          id: 'upper-case',
          changes: { Upgrade: 'WEBSOCKET', Connection: 'UPGRADE' },
        },
        {
          id: 'mixed-case',
          changes: { Upgrade: 'WebSocket', Connection: 'upgrade' },
        },
        {
          id: 'connection-list',
          changes: { Connection: 'keep-alive, Upgrade' },
        },
        { id: 'white-space', changes: { [ACCEPT]: '  ACCEPT  ' } },
        { id: 'other-reason', statusLine: 'HTTP/1.1 101 Whatever' },
        {
          id: 'other-headers',
          changes: { 'Set-Cookie': 'a=b', 'X-Other': 'c' },
        },
        {
          id: 'bytewise',
          bytewise: true,
          sends: 'a response, each byte in a segment of its own',
        },
        {
          id: 'frames-behind',
          sends: 'a response and text "a" and a ping in one segment',
          behind: [text('a'), ping('p')],
          expect: {
            api: ['open', 'text "a"', 'ping "p"', 'close 1000'],
            wire: ['pong "p"', 'close 1000'],
          },
        },
      ].map((row) => ({ expect: opened(), ...row })),
    },
    {
      id: 'handshake-client/status',
      kind: 'response',
      roles: ['client'],
      section: 'RFC 6455, 4.1',
      rule: 'A status other than 101 opens nothing.',
      rows: [
        200, 201, 204, 301, 302, 307, 400, 401, 403, 404, 426, 500, 503,
      ].map((status) => ({
        id: `${status}`,
        statusLine: `HTTP/1.1 ${status} Status`,
        changes: {
          'Content-Length': status === 204 ? null : '0',
          Upgrade: null,
          Connection: null,
          Location: status > 300 && status < 400 ? '/elsewhere' : null,
        },
        expect: refused(`Unexpected server response: ${status}`),
      })),
    },
    {
      id: 'handshake-client/upgrade',
      kind: 'response',
      roles: ['client'],
      section: 'RFC 6455, 4.1',
      rule: 'A response whose Upgrade header is missing, or is not websocket, fails the connection.',
      rows: [
        ...['foo', 'websockets', 'web socket', 'websocket, foo'].map(
          (value) => ({
            id: value.replaceAll(/\W+/g, '-'),
            changes: { Upgrade: value },
            expect: refused('Invalid Upgrade header'),
          }),
        ),
        {
          id: 'twice',
          changes: { Upgrade: ['websocket', 'websocket'] },
          expect: refused('Invalid Upgrade header'),
        },
        { id: 'missing', changes: { Upgrade: null }, expect: NO_UPGRADE },
        { id: 'empty', changes: { Upgrade: '' }, expect: NO_UPGRADE },
      ],
    },
    {
      id: 'handshake-client/connection',
      kind: 'response',
      roles: ['client'],
      section: 'RFC 6455, 4.1',
      rule: 'A response whose Connection header is missing, or has no token Upgrade, fails the connection.',
      rows: [
        ['missing', null],
        ['keep-alive', 'keep-alive'],
        ['close', 'close'],
        ['upgraded', 'Upgraded'],
      ].map(([id, value]) => ({
        id,
        changes: { Connection: value },
        expect: NO_UPGRADE,
      })),
    },
    {
      id: 'handshake-client/accept',
      kind: 'response',
      roles: ['client'],
      section: 'RFC 6455, 4.1',
      rule: 'A response without the accept of the key that was sent fails the connection.',
      rows: [
        ['missing', null],
        ['empty', ''],
        ['of-another-key', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
        ['more', 'ACCEPTx'],
        ['before', 'xACCEPT'],
        ['quoted', '"ACCEPT"'],
        ['twice', ['ACCEPT', 'ACCEPT']],
        ['no-base64', '!!!!'],
      ].map(([id, value]) => ({
        id,
        changes: { [ACCEPT]: value },
        expect: refused('Invalid Sec-WebSocket-Accept header'),
      })),
    },
    {
      id: 'handshake-client/protocol',
      kind: 'response',
      roles: ['client'],
      section: 'RFC 6455, 4.1, 11.3.4',
      rule: 'The server may name one subprotocol, of those that were offered.',
      rows: [
        ['the-first', ['a', 'b'], 'a', opened('protocol a')],
        ['the-second', ['a', 'b'], 'b', opened('protocol b')],
        [
          'not-offered',
          ['a', 'b'],
          'c',
          refused('Server sent an invalid subprotocol'),
        ],
        [
          'other-case',
          ['a', 'b'],
          'A',
          refused('Server sent an invalid subprotocol'),
        ],
        [
          'two',
          ['a', 'b'],
          'a, b',
          refused('Server sent an invalid subprotocol'),
        ],
        [
          'two-lines',
          ['a', 'b'],
          ['a', 'b'],
          refused('Server sent an invalid subprotocol'),
        ],
        [
          'empty',
          ['a', 'b'],
          '',
          refused('Server sent an invalid subprotocol'),
        ],
        [
          'none-offered',
          [],
          'a',
          refused('Server sent a subprotocol but none was requested'),
        ],
        [
          'none-offered-empty',
          [],
          '',
          refused('Server sent a subprotocol but none was requested'),
        ],
      ]
        .map(([id, protocols, value, expect]) => ({
          id,
          protocols,
          changes: { [PROTOCOL]: value },
          expect,
        }))
        .concat([
          {
            id: 'none-chosen',
            protocols: ['a', 'b'],
            expect: opened(),
            both: {
              expect: refused('Server sent no subprotocol'),
              why: 'ws wants one of those it offered, as browsers do',
            },
          },
        ]),
    },
    {
      id: 'handshake-client/extensions',
      kind: 'response',
      roles: ['client'],
      section: 'RFC 6455, 4.1, 9.1',
      rule: 'The server may name extensions that were offered, and no others.',
      rows: [
        [
          'not-offered',
          noOffer,
          'permessage-deflate',
          refused(
            'Server sent a Sec-WebSocket-Extensions header but no extension was requested',
          ),
        ],
        [
          'nothing-offered-unknown',
          noOffer,
          'x-unknown',
          refused(
            'Server sent a Sec-WebSocket-Extensions header but no extension was requested',
          ),
        ],
        [
          'unknown',
          {},
          'x-unknown',
          refused('Server indicated an extension that was not requested'),
        ],
        [
          'one-more',
          {},
          'permessage-deflate, x-unknown',
          refused('Server indicated an extension that was not requested'),
        ],
        [
          'other-case',
          {},
          'Permessage-Deflate',
          refused('Server indicated an extension that was not requested'),
        ],
        ...[
          ['empty', ''],
          ['comma', ','],
          ['comma-behind', 'permessage-deflate,'],
          ['semicolon-behind', 'permessage-deflate;'],
          ['no-value', 'permessage-deflate; server_max_window_bits='],
          ['open-quote', 'permessage-deflate; server_max_window_bits="10'],
          ['space-within', 'permessage deflate'],
        ].map(([id, value]) => [
          id,
          {},
          value,
          refused('Invalid Sec-WebSocket-Extensions header'),
        ]),
        ['accepted', {}, 'permessage-deflate', opened('permessage-deflate')],
        ['none', {}, null, opened()],
      ].map(([id, options, value, expect]) => ({
        id,
        options,
        changes: { [EXTENSIONS]: value },
        expect,
      })),
    },
  ],
};

function opened(...notes) {
  return {
    api: [['open', ...notes].join(', '), 'close 1000'],
    wire: ['close 1000'],
  };
}

function refused(message) {
  return { api: [`error ${message}`, 'close 1006'], wire: [] };
}
