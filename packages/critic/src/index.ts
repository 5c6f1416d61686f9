export { type AdversarialForm, adversarialLoss, type AdversarialLoss } from "./adversarial-loss.ts";
export { type Critic, patchCritic, type PatchCriticOptions } from "./patch-critic.ts";
