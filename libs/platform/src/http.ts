export { createHttpApp } from './http/app.js';
export { serveUntilAsked } from './http/serve.js';
export { ACCESSED, Accessed } from './http/accessed.js';
export { ActorOf, CallerOf, CallOf, callerOf, isOpaque, SignedBy } from './http/call.js';
export { openApiDocument, TakesCommand } from './http/openapi.js';
