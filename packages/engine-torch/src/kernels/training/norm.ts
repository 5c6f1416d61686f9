// The Euclidean norm of @dira/tensor, over all elements.
import { aten } from "../../aten.ts";
import { define } from "../../kernel.ts";

const norm = aten("linalg_vector_norm");

define("DiraEuclideanNorm", ({ x }) => norm(x.slot, 2));
