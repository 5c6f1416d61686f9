import type { EngineName } from "@dira/engine";
import {
  expectAdjoint,
  expectGradient,
  expectSecondOrderGradient,
  pseudoRandom,
} from "@dira/testing";
import * as tf from "@tensorflow/tfjs";

/** An operation of one tensor. */
export type Op = (x: tf.Tensor) => tf.Tensor;
/** Throws when the operation is wrong. */
export type Check = (op: Op) => void;

/** An entry of docs/tensorflow-js-defects.md. */
export interface Defect {
  readonly name: string;
  readonly engines: readonly EngineName[];
  readonly stock: Op;
  readonly ours: Op;
  readonly check: Check;
  /** What the stock operation's failure says. */
  readonly fails: RegExp;
}

export const all: readonly EngineName[] = ["tensorflow", "wasm", "cpu"];
export const random = (shape: readonly number[], seed = 1): tf.Tensor =>
  tf.tensor(pseudoRandom(shape, seed), [...shape]);
export const adjoint =
  (...shape: number[]): Check =>
  (op) =>
    expectAdjoint(op, shape);
export const gradientAt =
  (x: () => tf.Tensor): Check =>
  (op) =>
    expectGradient(op, [x()], { step: 0.05 });
export const twice =
  (x: () => tf.Tensor): Check =>
  (op) =>
    expectSecondOrderGradient(op, [x()], { step: 0.05, tolerance: 5e-3 });
export const WRONG = /not the adjoint|differences give/;
export const MISSING = /gradient function not found/;
