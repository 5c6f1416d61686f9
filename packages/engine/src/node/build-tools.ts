import { Obstacle } from "./obstacle.ts";
import { findCompiler, nodeHeaders } from "./tools.ts";

/** What compiling takes, found before anything is downloaded. */
export interface BuildTools {
  readonly compiler: string;
  readonly headers: string;
}

/**
 * Finds a C++ compiler and Node's headers.
 *
 * @throws Obstacle when either is missing.
 */
export async function findBuildTools(): Promise<BuildTools> {
  const compiler = await findCompiler();
  if (compiler === undefined) {
    throw new Obstacle("no C++ compiler was found", "install g++ (Debian: `apt-get install g++`)");
  }
  const headers = nodeHeaders();
  if (headers === undefined) {
    throw new Obstacle(
      "Node's headers (include/node/node_api.h) were not found",
      "install them (Debian: `apt-get install libnode-dev`), or set npm_config_nodedir to a folder that holds include/node",
    );
  }
  return { compiler, headers };
}
