import "./binary.ts";
import "./unary.ts";
import "./views.ts";
