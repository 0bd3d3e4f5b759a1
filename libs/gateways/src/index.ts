export { collectingBy, GatewaySettings, SIMULATOR_SECRET } from './settings.js';
export { startSimulator } from './simulator/simulator.js';
export { SimulatorGateway } from './simulator/simulator-gateway.js';
