'use strict';

/**
 * All kinds of generated scenarios, and how much of the time each gets. Those whose differences may be
 * a matter of when the kernel or zlib's threads get on, which somebody has to judge, are not in `npm test`.
 *
 * @type {Array<{ family: import('./check-family').Family, share: number, isToBeJudged?: boolean }>}
 */
module.exports = [
  { family: require('./traffic'), share: 0.3 },
  { family: require('./opening'), share: 0.2, isToBeJudged: true },
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
