// Stands in for tools/testing/engines-here.ts: of the engines the one that is tried here.
import { startEngine } from "@dira/engine";

/** `["torch"]`, started, where it is among those asked for. */
export async function enginesHere(names = ["torch"]) {
  if (!names.includes("torch")) return [];
  await startEngine("torch");
  return ["torch"];
}
