export { loadTensorFlow } from "./load-tensorflow.ts";
export { findWasmFolder } from "./wasm-folder.ts";
