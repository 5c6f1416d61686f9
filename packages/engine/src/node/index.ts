export { prepareEngine, type PrepareResult } from "./prepare.ts";
