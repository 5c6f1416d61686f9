export { formatDoctor } from "./format-doctor.ts";
export {
  HEARTBEAT_MS,
  type Holder,
  isAlive,
  keepTouching,
  nameOfHolder,
  SILENT_MS,
} from "./holder.ts";
export {
  type DoctorReport,
  type EngineInspection,
  inspectEngines,
  type InspectOptions,
} from "./inspect.ts";
export { prepareEngine } from "./prepare.ts";
export type { PrepareResult } from "./prepare-result.ts";
export { prepareTorch } from "./torch/prepare-torch.ts";
