import { contextOf } from "./context.ts";
import type { Loss } from "./evaluate.ts";
import { generalLaws } from "./general.ts";
import { optionalLaws } from "./optional.ts";
import type { Law, LossLawOptions } from "./options.ts";
import { referenceLaws } from "./reference.ts";

/**
 * The laws that a loss of embeddings must keep, each a function that throws when it is broken. Give
 * them to any test runner: `for (const { name, check } of lossLaws(loss)) test(name, check);`
 *
 * Every loss: finite value and gradients over `finiteNorms`; inputs unchanged; no tensor left behind; a
 * joint permutation of the batch permutes the gradients and nothing else; gradients of central
 * differences; a NaN is not hidden; batches below `minBatch` and views of different shapes are refused;
 * detached views get a gradient of exactly 0 and all others some. The other options each add a law; a
 * `reference` adds equality with float64 loops, in value and in each element of the gradient.
 *
 * @param loss - of embeddings `[N, C]`, on the current engine; bind what else it takes.
 * @param options - what holds for this loss.
 */
export function lossLaws(loss: Loss, options: LossLawOptions = {}): Law[] {
  const context = contextOf(loss, options);
  return [...generalLaws(context), ...optionalLaws(context), ...referenceLaws(context)];
}
