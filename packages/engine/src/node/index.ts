export { formatDoctor } from "./format-doctor.ts";
export {
  type DoctorReport,
  type EngineInspection,
  inspectEngines,
  type InspectOptions,
} from "./inspect.ts";
export { prepareEngine, type PrepareResult } from "./prepare.ts";
