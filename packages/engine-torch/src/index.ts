import * as tf from "@tensorflow/tfjs";
import { TorchBackend } from "./backend.ts";
import { BACKEND } from "./kernel.ts";
import "./kernels/index.ts";

if (tf.findBackendFactory(BACKEND) === null)
  tf.registerBackend(BACKEND, () => new TorchBackend(), 4);

export type { AddonMemory, DeviceMemory } from "./addon.ts";
export {
  type Group,
  type GroupOptions,
  hasCollectives,
  joinGroup,
  type Reduction,
} from "./collectives.ts";
export { engineArray } from "./engine-array.ts";
export { type Rendezvous, rendezvousOf } from "./rendezvous.ts";
export { type ComputeType, computeType, setComputeType } from "./precision.ts";
export { type LoadedLibTorch, loadLibTorch } from "./start.ts";
export { allowTf32, resetPeakMemory, setDevice, torchMemory } from "./settings.ts";
