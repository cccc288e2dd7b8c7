import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limits } from "../../shared/core/limits.ts";
import { type LocalYard, openYard, outputOf } from "./local-yard.ts";

const code = `
  import { existsSync } from "node:fs";
  const pause = () => new Promise(setImmediate);
  export const chatty = async ({ inputs }) => {
    while (!existsSync(inputs.gate)) await new Promise((resolve) => setTimeout(resolve, 5));
    const timers = [];
    for (let i = 0; i < 20; i++) {
      console.log(inputs.name + " line " + i);
      if (i % 3 === 0) process.stderr.write(inputs.name + " error " + i + "\\n");
      if (i % 5 === 0) timers.push(new Promise((resolve) => setTimeout(() => resolve(console.info(inputs.name + " timer " + i)), 0)));
      await pause();
    }
    await Promise.all(timers);
    return inputs.name;
  };
  export const endless = async () => {
    for (let i = 0; i < 20_000; i++) console.log("row " + i + " " + "é".repeat(20));
  };
  export const bytes = async () => {
    process.stdout.write(Buffer.from("from a buffer\\n"));
    process.stdout.write(new Uint8Array([104, 105, 10]));
    process.stdout.write("aGV4\\n", "base64");
    await new Promise((resolve) => process.stderr.write("called back\\n", resolve));
  };
  export const lastWords = async () => { console.log("first"); await pause(); console.log("last"); process.abort(); };
  export const floodThenDie = async () => {
    for (let i = 0; i < 20_000; i++) console.log("row " + i);
    process.exit(1);
  };
  export const maybe = async ({ inputs }) => { if (inputs) setTimeout(() => console.log("too late"), 5); else await pause(); };
  console.log("printed while loading");
`;

let yard: LocalYard;
beforeAll(async () => {
  yard = await openYard({ "task.mjs": code }, { runnersPerTaskMax: 1 });
});
afterAll(() => yard.close());

describe("what attempts print", () => {
  it("is kept per attempt, although many print at the same time in one process", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `worker-${index}`);
    const gate = `${yard.folder}/open`;
    const running = names.map((name) =>
      yard.run({ export: "chatty", attemptId: `att_${name}`, input: { name, gate } }),
    );
    for (const name of names) {
      await yard.seen((one) => one.kind === "started" && one.attemptId === `att_${name}`);
    }
    await yard.writeModule("../open", "");
    for (const report of await Promise.all(running)) {
      const lines = (report.log ?? "").trimEnd().split("\n");
      const own = String(outputOf(report));
      expect(lines.filter((line) => !line.startsWith(`${own} `))).toEqual([]);
      expect(lines.filter((line) => line.includes(" line "))).toEqual(
        Array.from({ length: 20 }, (_, index) => `${own} line ${index}`),
      );
      expect(lines.filter((line) => line.includes(" error "))).toHaveLength(7);
      expect(lines.filter((line) => line.includes(" timer "))).toHaveLength(4);
    }
  });

  it("is bounded: the beginning and the end are kept, and what is missing is counted", async () => {
    const { log = "" } = await yard.run({ export: "endless" });
    expect(Buffer.byteLength(log)).toBeLessThanOrEqual(limits.logBytesMax);
    expect(Buffer.byteLength(log)).toBeGreaterThan(limits.logBytesMax / 2);
    expect(log).toMatch(/^row 0 /);
    expect(log).toMatch(/row 19999 é{20}\n$/);
    expect(log).toMatch(/\n\[\d+ bytes of output are left out here\]\n/);
    expect(log).not.toContain("\uFFFD");
  });

  it("may be bytes as well as text", async () => {
    const { log } = await yard.run({ export: "bytes" });
    expect(log).toBe("from a buffer\nhi\nhexcalled back\n");
  });

  it("is known up to the last line when the process is aborted", async () => {
    const { log } = await yard.run({ export: "lastWords", task: "dying" });
    expect(log).toMatch(/^first\nlast\n/);
  });

  it("is known when the process exits in the middle of a flood", async () => {
    const { log = "" } = await yard.run({ export: "floodThenDie", task: "dying" });
    expect(log).toMatch(/^row 0\n/);
    expect(log).toContain("row 19999\n");
  });

  it("is no log when there is nothing", async () => {
    expect(await yard.run({ export: "maybe" })).not.toHaveProperty("log");
  });

  it("is not given to another attempt when its own is over", async () => {
    await yard.run({ export: "maybe", input: true });
    for (let i = 0; i < 200; i++) {
      expect(await yard.run({ export: "maybe" })).not.toHaveProperty("log");
    }
  });
});
