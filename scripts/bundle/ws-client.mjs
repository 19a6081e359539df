// Stands for ws in the bundle: an agent opens connections and takes none, so the part of a server is left out.
export { default as WebSocket } from '../../node_modules/ws/lib/websocket.js';
