// seedrandom with the named export that tfjs-core's ES modules import.
import { createRequire } from "node:module";
import { corePackage } from "./core-package.mjs";

const seedrandom = createRequire(corePackage())("seedrandom");
export default seedrandom;
export const { alea } = seedrandom;
