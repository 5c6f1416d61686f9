import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { run, tellingLine } from "./tools.ts";

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
