// Started by engines.mjs: the run on one engine in Node; sends `{ reason, lines }`.
import { RUN, serve } from "./serve.mjs";

process.once("disconnect", () => process.exit(1));
process.once("message", async ({ engine, options }) => {
  const server = await serve();
  const { startEngine } = await server.ssrLoadModule("@dira/engine");
  const { reason } = await startEngine(engine);
  const { engineRun } = await server.ssrLoadModule(RUN);
  const began = performance.now();
  const lines = await engineRun(options);
  const seconds = (performance.now() - began) / 1000;
  await server.close();
  process.send({ reason, lines, seconds }, () => process.exit(0));
});
