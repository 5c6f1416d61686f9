import type { Config } from "../config/index.ts";
import { PUBLISHED } from "../objectives/kinds.ts";
import { dira3dTransVw } from "./dira-3d-transvw.ts";

/**
 * DiRA in 3D with the discriminative methods of its 2D: `dira-3d-transvw`, but D compares two views of a patch, which
 * needs no visual words. Unpublished: views are in-plane crops (sides of 50/64 to 80/64 of the view's, as TransVW's
 * resolutions), jitter, blur and flip as in DiRA's 2D, then TransVW's distortions.
 */
const twoViews = (recipe: string, objective: Config["objective"]): Config => ({
  ...dira3dTransVw,
  recipe,
  objective,
  transform: { kind: "dira", flip: "aligned", overlap: "apart" },
});

/** With MoCo v2, https://arxiv.org/abs/2003.04297. */
export const dira3dMoco: Config = twoViews("dira-3d-moco", PUBLISHED.moco);

/**
 * With Barlow Twins, https://arxiv.org/abs/2103.03230. Its loss is a sum over features: see `dira-2d-barlow` on its
 * scale beside restoration.
 */
export const dira3dBarlow: Config = twoViews("dira-3d-barlow", PUBLISHED["barlow-twins"]);

/** With SimSiam, https://arxiv.org/abs/2011.10566. */
export const dira3dSimSiam: Config = twoViews("dira-3d-simsiam", PUBLISHED.simsiam);
