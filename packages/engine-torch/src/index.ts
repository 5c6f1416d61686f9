import * as tf from "@tensorflow/tfjs";
import { addon } from "./addon.ts";
import { TorchBackend } from "./backend.ts";
import { BACKEND } from "./kernel.ts";
import "./kernels/index.ts";

if (tf.findBackendFactory(BACKEND) === null)
  tf.registerBackend(BACKEND, () => new TorchBackend(), 4);

export { aten } from "./aten.ts";
export { addon };
