export {
  ENGINE_NAMES,
  type EngineAbilities,
  EngineError,
  type EngineName,
  type EngineReport,
  type Rejection,
} from "./report.ts";
export { type EngineCheck, startEngine, type StartOptions } from "./start-engine.ts";
