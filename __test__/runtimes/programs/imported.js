'use strict';

// As an ES module, by its name: with the exports that `import` has.

import('hawser').then(({ default: WebSocket, WebSocketServer }) => {
  const isThere = WebSocket.OPEN === 1 && typeof WebSocketServer === 'function';

  console.log(`imported: ${isThere ? 'done' : 'not all is there'}`);
});
