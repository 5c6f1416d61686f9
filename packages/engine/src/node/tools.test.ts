import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pythonsWithPip, run, tellingLine } from "./tools.ts";

describe("pythonsWithPip, examples", () => {
  it("asks a python once, though its folder is on the PATH under two names", async () => {
    const root = mkdtempSync(join(tmpdir(), "dira-python-"));
    const { PATH, DIRA_SYSTEM_PYTHON } = process.env;
    try {
      mkdirSync(join(root, "bin"));
      writeFileSync(join(root, "bin", "python3"), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
      symlinkSync(join(root, "bin"), join(root, "link"));
      process.env["PATH"] = [join(root, "bin"), join(root, "link")].join(delimiter);
      process.env["DIRA_SYSTEM_PYTHON"] = join(root, "none");
      expect(await pythonsWithPip()).toEqual([join(root, "bin", "python3")]);
    } finally {
      process.env["PATH"] = PATH;
      if (DIRA_SYSTEM_PYTHON === undefined) delete process.env["DIRA_SYSTEM_PYTHON"];
      else process.env["DIRA_SYSTEM_PYTHON"] = DIRA_SYSTEM_PYTHON;
      rmSync(root, { recursive: true, force: true });
    }
  });
});

describe("run, examples", () => {
  it("gives what a program printed on both streams, and whether it succeeded", async () => {
    const program = "console.log('out'); console.error('err'); process.exitCode = 3";
    const { ok, output } = await run(process.execPath, ["-e", program]);
    expect(ok).toBe(false);
    expect(output).toContain("out");
    expect(output).toContain("err");
  });

  it("makes a missing program an outcome, and leaves no timer that keeps the process", async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    expect(await run("dira-no-such-program", [])).toMatchObject({ ok: false });
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it("ends a program that overruns", async () => {
    const endless = ["-e", "setInterval(() => {}, 1000)"];
    const outcome = await run(process.execPath, endless, 200);
    expect(outcome).toMatchObject({ ok: false, signal: "SIGKILL" });
    expect(tellingLine(outcome)).toContain("SIGKILL");
  });
});

describe("tellingLine, laws", () => {
  it("is one line of bounded length, whatever a program printed", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (lines) => {
        const line = tellingLine({ ok: false, output: lines.join("\n"), signal: undefined });
        expect(line).not.toContain("\n");
        expect(line.length).toBeLessThanOrEqual(300);
        expect(line).not.toBe("");
      }),
    );
  });

  it("finds the error among what comes before and after it", () => {
    const harmless = fc.array(fc.constantFrom("WARNING: retrying", "Collecting x", "", "  note"));
    fc.assert(
      fc.property(harmless, harmless, (before, after) => {
        const output = [...before, "  ERROR: the disk is full", ...after].join("\n");
        expect(tellingLine({ ok: false, output, signal: undefined })).toBe(
          "ERROR: the disk is full",
        );
      }),
    );
  });
});
