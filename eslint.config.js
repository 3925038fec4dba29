'use strict';

const js = require('@eslint/js');
const globals = require('globals');

module.exports = [
  {
    ignores: ['artifacts/', 'js-binding.js', 'npm/', 'target/'],
  },
  js.configs.recommended,
  {
    languageOptions: {
      ecmaVersion: 2024,
      sourceType: 'commonjs',
      globals: globals.node,
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      'no-var': 'error',
      'prefer-const': 'error',
      strict: ['error', 'global'],
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { sourceType: 'module' },
  },
  {
    files: ['examples/*/public/*.js'],
    languageOptions: { sourceType: 'module', globals: globals.browser },
  },
  {
    // Functions in here are sent to the page and run there.
    files: ['__test__/browser/*.js', '__test__/docs/*.js'],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
];
