/** The API in the order in which one reads it. What is not named here comes last, under "Other". */
export const OUTLINE = {
  'Server and client': [
    'WebSocketServer',
    'WebSocket',
    'createWebSocketStream',
  ],
  Engine: ['configure', 'EngineOptions', 'memoryUsage', 'MemoryUsage'],
  Options: [
    'ServerOptions',
    'ClientOptions',
    'ConnectionOptions',
    'PerMessageDeflateOptions',
    'SendOptions',
    'VerifyClientCallbackSync',
    'VerifyClientCallbackAsync',
    'FinishRequestCallback',
    'CertMeta',
    'AddressInfo',
  ],
  Messages: ['RawData', 'Data', 'SendableData', 'BinaryType'],
  Events: [
    'EmittedEvents',
    'ServerEvents',
    'WebSocketEventMap',
    'Event',
    'MessageEvent',
    'CloseEvent',
    'ErrorEvent',
    'EventListenerOptions',
  ],
  'Building blocks': [
    'Receiver',
    'Sender',
    'PerMessageDeflate',
    'extension',
    'subprotocol',
  ],
};

/** The parts of the documents, in order, with that of the API, which TypeDoc makes. */
export const PARTS = ['Guide', 'Examples', 'API', 'Evidence', 'Project'];
