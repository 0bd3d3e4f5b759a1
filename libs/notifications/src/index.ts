export { startNotifications } from './start-notifications.js';
export { NotificationSettings } from './settings.js';
