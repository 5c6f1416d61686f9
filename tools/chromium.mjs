import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/** What to say where {@link findChromium} finds nothing. */
export const NO_CHROMIUM =
  "no Chromium is installed (Debian: `apt-get install chromium`); another one's path goes into DIRA_CHROMIUM";

/** The installed Chromium or Chrome: `DIRA_CHROMIUM`, else the first on the PATH; undefined for none. */
export function findChromium() {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  const named = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const given = process.env["DIRA_CHROMIUM"];
  return (given ? [given] : [...named, MACOS]).find((path) => existsSync(path));
}

/** How Playwright starts it: headless, with no look at the network. */
export const launchOptions = () => ({
  executablePath: findChromium(),
  args: ["--disable-gpu", "--disable-quic", "--disable-sync"],
});
