'use strict';

/**
 * All kinds of generated scenarios, and how much of the time each gets.
 *
 * @type {Array<{ family: import('./check-family').Family, share: number }>}
 */
module.exports = [
  { family: require('./traffic'), share: 0.3 },
  { family: require('./opening'), share: 0.2 },
  { family: require('./streams'), share: 0.1 },
  { family: require('./server-handshake'), share: 0.1 },
  { family: require('./client-handshake'), share: 0.1 },
  ...[
    require('./constructor'),
    require('./servers'),
    require('./receiver'),
    ...require('./sender'),
    ...require('./negotiation'),
  ].map((family, _, { length }) => ({ family, share: 0.2 / length })),
];
