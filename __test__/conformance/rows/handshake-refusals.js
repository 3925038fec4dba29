'use strict';

const throws = (name) => ({ api: [`throws ${name}`], wire: [] });

module.exports = {
  title: 'Opening handshake: what a client does not ask for',
  rules: [
    {
      id: 'handshake-refusals/url',
      section: 'RFC 6455, 3, 4.1',
      rule: 'A URL has the scheme ws or wss (or, for programs, http, https or ws+unix) and no fragment.',
      rows: [
        'ws://127.0.0.1/#fragment',
        'wss://127.0.0.1/a?b#fragment',
        'ftp://127.0.0.1/',
        'file:///tmp/a',
        'mailto:a@b.example',
        'ws:',
        'ws://',
        '//127.0.0.1/',
        '127.0.0.1',
        '/path',
        'ws://a b/',
        'ws://127.0.0.1:65536/',
      ].map((url, i) => ({
        id: `${i}`,
        url,
        expect: throws('SyntaxError'),
      })),
    },
    {
      id: 'handshake-refusals/protocols',
      section: 'RFC 6455, 4.1, 10',
      rule: 'The subprotocols that are asked for are tokens, each there once.',
      rows: [
        [''],
        ['a', 'a'],
        ['a', 'b', 'a'],
        ['a b'],
        ['a,b'],
        ['a;b'],
        ['a/b'],
        ['a=b'],
        ['a@b'],
        ['(a)'],
        ['"a"'],
        ['a\r\nb'],
        ['caf\xe9'],
        ['a', ''],
      ].map((protocols, i) => ({
        id: `${i}`,
        url: 'ws://127.0.0.1/',
        protocols,
        expect: throws('SyntaxError'),
      })),
    },
    {
      id: 'handshake-refusals/version',
      section: 'RFC 6455, 4.1, 9',
      rule: 'A client asks for version 13, or for 8, which differs in the name of a header.',
      rows: [0, 7, 9, 12, 14, 255].map((protocolVersion) => ({
        id: `${protocolVersion}`,
        url: 'ws://127.0.0.1/',
        options: { protocolVersion },
        expect: throws('RangeError'),
      })),
    },
  ].map((rule) => ({ ...rule, kind: 'constructor', roles: ['client'] })),
};
