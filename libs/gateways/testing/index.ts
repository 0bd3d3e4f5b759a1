export { startStripeDouble, type StripeDouble } from './stripe-double.js';
