import { bratsLayout } from "./brats.ts";
import { chestXray14Layout } from "./chest-xray14.ts";
import { chexpertLayout } from "./chexpert.ts";
import type { PhantomLayout } from "./layout.ts";
import { lidcLayout } from "./lidc.ts";
import { litsLayout } from "./lits.ts";
import { lunaLayout } from "./luna.ts";
import { montgomeryLayout } from "./montgomery.ts";
import { peCadLayout } from "./pe-cad.ts";
import { siimAcrLayout } from "./siim-acr.ts";

/** By the phantoms' kind. */
export const PHANTOM_LAYOUTS: Readonly<Record<string, PhantomLayout>> = {
  "chest-xray14": chestXray14Layout,
  chexpert: chexpertLayout,
  "siim-acr": siimAcrLayout,
  montgomery: montgomeryLayout,
  luna: lunaLayout,
  "pe-cad": peCadLayout,
  lidc: lidcLayout,
  lits: litsLayout,
  brats: bratsLayout,
};
