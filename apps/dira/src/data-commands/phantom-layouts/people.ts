import { createRandom } from "@dira/random";

/** What tables say of a patient; it is drawn, and not to be seen in the images. */
export interface Person {
  readonly sex: "Female" | "Male";
  /** Years. */
  readonly age: number;
}

export function personOf(seed: number, patient: string): Person {
  const random = createRandom(seed, "phantom-person", patient);
  return { sex: random.bernoulli(0.5) ? "Female" : "Male", age: random.integer(18, 91) };
}
