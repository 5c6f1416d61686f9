import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The run, as a path from the server's root. */
export const RUN = "/packages/dira/test/engine-run.ts";

/** A server of the sources: Node loads them by it, and pages once it listens. `/page` is an empty page. */
export function serve() {
  return createServer({
    root,
    configFile: false,
    appType: "custom",
    logLevel: "error",
    server: { host: "127.0.0.1", port: 0, hmr: false, ws: false, watch: null },
    resolve: { conditions: ["@dira/source", "browser", "module", "import", "default"] },
    ssr: { resolve: { conditions: ["@dira/source", "node", "import", "default"] } },
    optimizeDeps: {
      entries: [],
      include: ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"],
    },
    plugins: [
      { name: "page", configureServer: ({ middlewares }) => void middlewares.use("/page", page) },
    ],
  });
}

function page(_, response) {
  response.setHeader("Content-Type", "text/html").end("<!doctype html><title>engines</title>");
}
