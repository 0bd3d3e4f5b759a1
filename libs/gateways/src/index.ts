export { collectingBy, GatewaySettings, SIMULATOR_SECRET } from './settings.js';
export { startSimulator } from './simulator/simulator.js';
export { RequestRefused, SIMULATED_METHODS, SimulatedPayment } from './simulator/simulated-payment.js';
