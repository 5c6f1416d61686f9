export { EngineError, type EngineName, type EngineReport } from "./report.ts";
export { startEngine, type StartOptions } from "./start-engine.ts";
