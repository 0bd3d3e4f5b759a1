export { NotificationsModule } from './notifications.module.js';
export { type Notifications, startNotifications } from './start-notifications.js';
export { NotificationSettings } from './settings.js';
