export * from './document.js';
export * from './generated/documents.js';
export type * as types from './generated/types.js';
export * from './hub.js';
export { live, type LiveOptions, type Stream } from './live/live.js';
export * from './pages.js';
