export type { Encoder, EncoderStage, FeatureMaps } from "./encoder.ts";
export { resNet, type ResNetName, type ResNetOptions } from "./res-net.ts";
export { uNetEncoder, type UNetEncoderOptions } from "./u-net-encoder.ts";
