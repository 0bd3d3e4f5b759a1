export { AccountMessages } from './account-messages.js';
export { startHttpReceiver, type HttpReceiver } from './http-receiver.js';
export { startMailServer, type MailServer } from './mail-server.js';
export { till } from './till.js';
