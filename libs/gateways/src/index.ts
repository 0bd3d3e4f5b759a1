export { collectingBy, GatewaySettings, SIMULATOR_SECRET } from './settings.js';
export { startSimulator } from './simulator/simulator.js';
