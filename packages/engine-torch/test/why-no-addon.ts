import { addon } from "../src/addon.ts";

/** Why the addon can't be had here, in one line, or undefined. */
export function whyNoAddon(): string | undefined {
  try {
    addon();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
