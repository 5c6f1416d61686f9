export type { DecoderDesign, Upsampling } from "./designs.ts";
export { restorationLoss } from "./restoration-loss.ts";
export {
  type DecodableEncoder,
  type Decoder,
  uNetDecoder,
  type UNetDecoderOptions,
} from "./u-net-decoder.ts";
