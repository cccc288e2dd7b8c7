import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRunning } from "../executor/process-state.ts";
import { type OrderFacts, openWorkYard, type WorkYard } from "./work-yard.ts";

let yard: WorkYard;
beforeAll(async () => {
  yard = await openWorkYard({}, { allowCommands: true });
});
afterAll(() => yard.close());

const shell = (script: string) => ({ command: { argv: ["/bin/sh", "-c", script] } });

async function ended(script: string, facts: OrderFacts = {}) {
  return (await yard.run(yard.order(shell(script), facts))).end;
}

describe("a command", () => {
  it("gets the envelope on its input and who it is in its environment", async () => {
    const order = yard.order(
      shell('cat > "$SWITCHYARD_OUTPUT"; echo "$SWITCHYARD_TASK@$SWITCHYARD_TASK_VERSION"'),
      { input: ["é"] },
    );
    const { end } = await yard.run(order);
    expect(end).toMatchObject({ outcome: "succeeded", output: order.envelope, log: "job@2\n" });
  });

  it("that writes no output has none", async () => {
    const end = await ended("exit 0");
    expect(end.outcome).toBe("succeeded");
    expect(end).not.toHaveProperty("output");
  });

  it("fails with its exit code and its last words", async () => {
    expect(await ended("echo working; echo no such table >&2; exit 3")).toMatchObject({
      outcome: "failed",
      error: {
        class: "error",
        name: "ExitCode",
        message: "the command ended with exit code 3; it last wrote: no such table",
      },
      log: expect.stringContaining("working"),
    });
  });

  it("that is ended by a signal has crashed", async () => {
    expect(await ended("kill -SEGV $$")).toMatchObject({
      error: { class: "crash", message: expect.stringContaining("SIGSEGV") },
    });
  });

  it("that does not exist is missing", async () => {
    const order = yard.order({ command: { argv: ["no-such-program"] } });
    expect((await yard.run(order)).end).toMatchObject({ error: { class: "missing_function" } });
  });

  it("whose output is not JSON, or too large, has an invalid one", async () => {
    expect(await ended('echo "{" > "$SWITCHYARD_OUTPUT"')).toMatchObject({
      error: { class: "invalid_output", message: expect.stringContaining("not JSON") },
    });
    expect(await ended('head -c 200000 /dev/zero > "$SWITCHYARD_OUTPUT"')).toMatchObject({
      error: { class: "invalid_output", message: expect.stringContaining("200000 bytes") },
    });
  });

  it("is ended when its time is up, with all it has started, even against its will", async () => {
    const script = 'trap "" TERM; sleep 600 & echo "$!"; wait; sleep 600';
    const end = await ended(script, { timeoutMs: 300 });
    expect(end).toMatchObject({ error: { class: "timeout" } });
    expect(isRunning(Number("log" in end ? end.log : Number.NaN))).toBe(false);
  });

  it("that is stopped leaves neither process nor file", async () => {
    yard.plane.nextBeats.push({ verdict: "stop" });
    const script = 'echo "$SWITCHYARD_OUTPUT" > place; exec sleep 600';
    const { reported } = await yard.run(yard.order(shell(script)));
    expect(reported).toBe("stopped");
    const end = await ended("cat place; rm place");
    const place = "log" in end ? (end.log ?? "").trim() : "";
    expect(place).toMatch(/output\.json$/);
    expect(existsSync(place)).toBe(false);
  });

  it("keeps the beginning and the end of what it writes", async () => {
    const end = await ended("echo first; yes noise | head -c 300000; echo last");
    const log = "log" in end ? (end.log ?? "") : "";
    expect(log).toMatch(/^first\n/);
    expect(log).toMatch(/last\n$/);
    expect(log).toMatch(/\[\d+ bytes of output are left out here\]/);
  });

  it("that takes more memory than it may is ended for that", async () => {
    const argv = [process.execPath, "-e", "const a=[];for(;;)a.push(new Array(1e6).fill(1.5))"];
    const { end } = await yard.run(yard.order({ command: { argv } }, { memoryMb: 128 }));
    expect(end).toMatchObject({ error: { class: "out_of_memory" } });
  });
});

describe("a worker that does not allow commands", () => {
  it("starts none, and says what would allow it", async () => {
    const careful = await openWorkYard({});
    const { end } = await careful.run(careful.order(shell("exit 0")));
    expect(end).toMatchObject({
      error: { class: "missing_permission", message: expect.stringContaining("--allow-commands") },
    });
    await careful.close();
  });
});
