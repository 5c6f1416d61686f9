export { loadTensorFlow } from "./load-tensorflow.ts";
export { loadTorch } from "./torch/load-torch.ts";
export { findWasmFolder } from "./wasm-folder.ts";
