export {
  type AdversarialForm,
  adversarialLoss,
  type AdversarialLoss,
  type AdversarialOptions,
} from "./adversarial-loss.ts";
export { gradientPenalty, type Score } from "./gradient-penalty.ts";
export { type Critic, patchCritic, type PatchCriticOptions } from "./patch-critic.ts";
