import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { Obstacle } from "./obstacle.ts";
import { type EngineKind, TENSORFLOW_VERSION } from "./paths.ts";
import { pythonsWithPip, run, tellingLine } from "./tools.ts";

const GIB = 2 ** 30;
/** Room for the wheel, the unpacked libraries and the headers, measured for the CPU (1.2 GiB). */
const ROOM: Readonly<Record<EngineKind, number>> = { cpu: 1.5 * GIB, cuda: 9 * GIB };

/** Unpacks, with Python's own zip reader, what a binding needs of a wheel; checks every CRC. */
const UNPACK = `
import sys, zipfile
wheel, target = sys.argv[1:3]
libraries = ("tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2")
with zipfile.ZipFile(wheel) as archive:
    names = archive.namelist()
    missing = [name for name in libraries if name not in names]
    if missing:
        sys.exit("error: it holds no " + missing[0])
    wanted = [name for name in names if name in libraries or name.startswith("tensorflow/include/")]
    archive.extractall(target, wanted)
`;

/**
 * Brings TensorFlow's libraries and headers into `<work>/site/tensorflow`, from the official wheel.
 *
 * @throws Obstacle when python, pip, the network, the disk or the wheel is not up to it.
 */
export async function fetchTensorFlow(
  work: string,
  kind: EngineKind,
  say: (line: string) => void,
): Promise<void> {
  requireRoom(work, ROOM[kind]);
  const pythons = await pythonsWithPip();
  if (pythons.length === 0) {
    throw new Obstacle(
      "no python with pip was found on the PATH or in /usr/bin",
      "install one (Debian: `apt-get install python3-pip`)",
    );
  }
  const given = process.env["DIRA_TENSORFLOW_WHEEL"];
  if (given && !existsSync(given)) {
    throw new Obstacle(`DIRA_TENSORFLOW_WHEEL names ${given}, which does not exist`, "correct it");
  }
  let why = "";
  for (const python of pythons) {
    const problem =
      kind === "cuda" && !given
        ? await installCuda(python, work, say)
        : await unpackCpu(python, work, given, say);
    if (problem === undefined) return;
    why ||= `${problem} (with ${python})`;
    rmSync(join(work, "site"), { recursive: true, force: true });
  }
  throw new Obstacle(
    why,
    "check network and pip, or set DIRA_TENSORFLOW_WHEEL to a wheel that you have downloaded",
  );
}

/**
 * Checks the free space of the disk that holds `folder`.
 *
 * @throws Obstacle when fewer than `bytes` are free.
 */
export function requireRoom(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free >= bytes) return;
  const gib = (n: number): string => `${(n / GIB).toFixed(1)} GiB`;
  throw new Obstacle(
    `${folder} has ${gib(free)} free, ${gib(bytes)} are needed`,
    "free some space, or set DIRA_CACHE to a folder on another disk",
  );
}

async function unpackCpu(
  python: string,
  work: string,
  given: string | undefined,
  say: (line: string) => void,
): Promise<string | undefined> {
  let wheel = given;
  const folder = join(work, "wheel");
  if (!wheel) {
    // Wheels without CUDA have this name on x64 only; elsewhere the plain one has none anyway.
    const name = process.arch === "x64" ? "tensorflow-cpu" : "tensorflow";
    const what = `${name}==${TENSORFLOW_VERSION}`;
    say(`tensorflow: downloading ${what} with ${python} (about 270 MB, once per user)`);
    mkdirSync(folder, { recursive: true });
    const args = ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"];
    const outcome = await run(python, [...args, "-q", "-d", folder, what]);
    const file = readdirSync(folder).find((entry) => entry.endsWith(".whl"));
    if (!outcome.ok || file === undefined)
      return `pip could not download ${what}: ${tellingLine(outcome)}`;
    wheel = join(folder, file);
  }
  say("tensorflow: unpacking its libraries and headers");
  const unpacked = await run(python, ["-c", UNPACK, wheel, join(work, "site")]);
  rmSync(folder, { recursive: true, force: true });
  return unpacked.ok
    ? undefined
    : `the wheel ${wheel} could not be unpacked: ${tellingLine(unpacked)}`;
}

async function installCuda(
  python: string,
  work: string,
  say: (line: string) => void,
): Promise<string | undefined> {
  const what = `tensorflow[and-cuda]==${TENSORFLOW_VERSION}`;
  say(`tensorflow: installing ${what} with ${python} (about 3 GB, once per user)`);
  const target = ["--target", join(work, "site")];
  const args = ["-m", "pip", "install", "--only-binary=:all:", "--no-compile", "--no-cache-dir"];
  const outcome = await run(python, [...args, "-q", ...target, what]);
  if (!outcome.ok) return `pip could not install ${what}: ${tellingLine(outcome)}`;
  prune(join(work, "site"), ["tensorflow", "nvidia"]);
  prune(join(work, "site", "tensorflow"), [
    "include",
    "libtensorflow_cc.so.2",
    "libtensorflow_framework.so.2",
  ]);
  return undefined;
}

/** Deletes all but `keep`: the rest of the wheels is Python. */
function prune(folder: string, keep: readonly string[]): void {
  for (const name of readdirSync(folder)) {
    if (!keep.includes(name)) rmSync(join(folder, name), { recursive: true, force: true });
  }
}
