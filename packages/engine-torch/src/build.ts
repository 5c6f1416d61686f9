// What building the addon needs to know; loads neither the addon nor TensorFlow.js.
export { ADDON_FILE, buildFolder, NAPI_VERSION, NATIVE_FOLDER } from "./builds.ts";
export { findAddon } from "./find-addon.ts";
export { type LibTorch, type Nccl, readLibTorch } from "./libtorch.ts";
