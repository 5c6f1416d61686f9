import { chromium } from "playwright";
import { launchOptions } from "../chromium.mjs";
import { RUN, serve } from "./serve.mjs";

const START = "/packages/engine/src/index.ts";
const WASM = "/node_modules/@tensorflow/tfjs-backend-wasm/dist/";

/** The run on one engine in a page of headless Chromium: `{ reason, lines, seconds }`. */
export async function inChromium({ engine, options }) {
  const server = await serve();
  const browser = await chromium.launch(launchOptions());
  try {
    await server.listen();
    const tab = await browser.newPage();
    await tab.goto(new URL("/page", server.resolvedUrls.local[0]).href);
    const found = await tab.evaluate(inPage, {
      start: START,
      run: RUN,
      wasmPaths: WASM,
      engine,
      options,
    });
    return { ...found, reason: `${found.reason} in Chromium ${browser.version()}` };
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Runs in the page. */
async function inPage({ start, run, wasmPaths, engine, options }) {
  const { startEngine } = await import(start);
  const { reason } = await startEngine(engine, { wasmPaths });
  const { engineRun } = await import(run);
  const began = performance.now();
  const lines = await engineRun(options);
  return { reason, lines, seconds: (performance.now() - began) / 1000 };
}
