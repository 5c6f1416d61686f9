import type { FeatureMap, SpatialRank } from "@dira/tensor";
import type * as tf from "@tensorflow/tfjs";
import type { Module } from "@dira/nn";

/** One stage of an encoder: what a decoder needs to know of it. */
export interface EncoderStage {
  /** E.g. `layer3`. */
  readonly name: string;
  readonly channels: number;
  /** Input size over map size, per spatial axis. */
  readonly reduction: readonly number[];
}

/** Feature maps by stage name, from the finest to the coarsest. */
export type FeatureMaps = Readonly<Record<string, tf.Tensor>>;

/** A network that gives its feature maps at every stage, by name. */
export interface Encoder extends Module<FeatureMap, FeatureMaps> {
  readonly spatialRank: SpatialRank;
  readonly inChannels: number;
  /** From the finest to the coarsest. */
  readonly stages: readonly EncoderStage[];
}
