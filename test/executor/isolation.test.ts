import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { errorOf, type LocalYard, openYard, outputOf } from "./local-yard.ts";
import { isRunning } from "./process-state.ts";

const modules = {
  "task.mjs": `
    import { spawn, execFileSync } from "node:child_process";
    import { writeSync } from "node:fs";
    export const fine = async () => "fine";
    export const exit = () => process.exit(7);
    export const exitZero = async () => { await null; process.exit(0); };
    export const abort = () => process.abort();
    export const killSelf = () => { process.kill(process.pid, "SIGKILL"); for (;;); };
    export const spin = () => { for (;;); };
    export const spinAsync = async () => { for (;;) await null; };
    export const heap = () => { const all = []; for (;;) all.push(new Array(1000).fill({ x: all.length })); };
    export const buffers = async () => {
      const all = [];
      for (;;) { all.push(Buffer.alloc(4 * 1024 * 1024, 1)); await new Promise(setImmediate); }
    };
    export const garbage = async (event) => {
      writeSync(event.inputs, "not a message\\n");
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    };
    export const noise = async (event) => { writeSync(event.inputs, "noise\\n"); return "still fine"; };
    export const forged = async () => {
      writeSync(4, '[{"kind":"succeeded","seq":999,"usage":{"durationMs":1,"cpuMs":1,"memoryMb":1}}]\\n');
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    };
    export const endlessLine = async () => { for (;;) writeSync(4, "x".repeat(65536)); };
    export const flood = async () => {
      for (let i = 0; i < 64; i++) writeSync(1, "y".repeat(65536));
      execFileSync("/usr/bin/head", ["-c", "8000000", "/dev/zero"], { stdio: "inherit" });
      return "flooded";
    };
    export const rejection = async () => {
      Promise.reject(Object.assign(new Error("nobody waits"), { name: "LooseEnd" }));
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    };
    export const lateThrow = () => new Promise(() => setTimeout(() => { throw new TypeError("in a timer"); }, 1));
    export const unknownThrow = () => new Promise(() => queueMicrotask(() => { throw new Error("nobody's"); }));
    export const orphan = async () => {
      const child = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"], { stdio: "inherit" });
      console.log("orphan " + child.pid);
      await new Promise((resolve) => child.once("spawn", resolve));
      process.exit(1);
    };
    export const inherits = async () => { execFileSync("/bin/echo", ["from a child"], { stdio: "inherit" }); await new Promise((resolve) => setTimeout(resolve, 50)); };
  `,
};

let yard: LocalYard;
beforeAll(async () => {
  yard = await openYard(modules, { unresponsiveMsMax: 300 });
});
afterAll(() => yard.close());

/** Runs one export in a task of its own, and checks afterwards that the host still works. */
async function runAlone(name: string, options: object = {}) {
  const report = await yard.run({ export: name, task: name, ...options });
  expect(outputOf(await yard.run({ export: "fine", task: "fine" }))).toBe("fine");
  return report;
}

describe("whatever a task does to its process, the host goes on and names the cause", () => {
  it.each(["exit", "exitZero"])("process.exit is a crash that says so: %s", async (name) => {
    const error = errorOf(await runAlone(name));
    expect(error).toMatchObject({ class: "crash" });
    expect(error.message).toContain(`called process.exit(${name === "exit" ? 7 : 0})`);
    expect(error.stack).toContain(name);
  });

  it("process.abort is a crash by SIGABRT", async () => {
    const error = errorOf(await runAlone("abort"));
    expect(error).toMatchObject({ class: "crash" });
    expect(error.message).toContain("SIGABRT");
  });

  it("a process that kills itself is a crash by SIGKILL", async () => {
    const error = errorOf(await runAlone("killSelf"));
    expect(error).toMatchObject({ class: "crash" });
    expect(error.message).toContain("SIGKILL");
  });

  it.each(["spin", "spinAsync"])(
    "an endless loop is a time-out, and is ended: %s",
    async (name) => {
      const error = errorOf(await runAlone(name, { timeoutMs: 100 }));
      expect(error).toMatchObject({ class: "timeout" });
      expect(error.message).toContain("within 100 ms");
      await vi.waitFor(() => expect(yard.logged.join("\n")).toContain("event loop did not turn"));
    },
  );

  it("a heap without end is out of memory", async () => {
    const error = errorOf(await runAlone("heap", { memoryMb: 64 }));
    expect(error).toMatchObject({ class: "out_of_memory" });
    expect(error.message).toContain("64 MB");
  });

  it.runIf(process.platform === "linux")("buffers without end are out of memory", async () => {
    const report = await runAlone("buffers", { memoryMb: 64 });
    expect(errorOf(report)).toMatchObject({ class: "out_of_memory" });
    expect(report.usage?.memoryMbPeak).toBeGreaterThan(64);
  });

  it.each(["garbage", "forged", "endlessLine"])(
    "something else in the runner's pipe ends the process: %s",
    async (name) => {
      const error = errorOf(await runAlone(name, { input: 4 }));
      expect(error).toMatchObject({ class: "crash" });
      expect(error.message).toContain("runner's own pipe");
    },
  );

  it.each([1, 2, 3])("noise on descriptor %i harms nobody", async (fd) => {
    expect(outputOf(await runAlone("noise", { input: fd }))).toBe("still fine");
  });

  it("a flood on standard output neither blocks the host nor fills it", async () => {
    const report = await runAlone("flood");
    expect(outputOf(report)).toBe("flooded");
    expect(report.log?.length ?? 0).toBeLessThanOrEqual(64 * 1024);
  });

  it("an unhandled rejection fails the attempt it belongs to, with its name", async () => {
    const error = errorOf(await runAlone("rejection"));
    expect(error).toMatchObject({ class: "error", name: "LooseEnd", message: "nobody waits" });
  });

  it("an error thrown in a timer fails the attempt it belongs to", async () => {
    const error = errorOf(await runAlone("lateThrow"));
    expect(error).toMatchObject({ class: "error", name: "TypeError", message: "in a timer" });
  });

  it("an error nobody can be found for ends the process, with its words", async () => {
    const error = errorOf(await runAlone("unknownThrow"));
    expect(error).toMatchObject({ class: "crash" });
    expect(error.message).toContain("nobody's");
  });

  it("what a task has started ends with its process", async () => {
    const report = await runAlone("orphan");
    const pid = Number(/orphan (\d+)/.exec(report.log ?? "")?.[1]);
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
  });

  it("output of a program that inherits the descriptors is in the log", async () => {
    expect((await runAlone("inherits")).log).toContain("from a child");
  });
});
