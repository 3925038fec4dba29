/*
 * What a module gets when it imports isomorphic-ws, and ws, in each of the usual ways.
 */

export { default as Isomorphic } from 'isomorphic-ws';
export { default as Default } from 'ws';
export { WebSocket, WebSocketServer, createWebSocketStream } from 'ws';
