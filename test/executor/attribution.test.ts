import { afterEach, describe, expect, it } from "vitest";
import { errorOf, type LocalYard, openYard, outputOf } from "./local-yard.ts";

const code = `
  import { existsSync } from "node:fs";
  const until = async (file) => { while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5)); };
  export const handler = async ({ inputs }) => {
    if (inputs.wait) await until(inputs.wait);
    if (inputs.act === "abort") process.abort();
    if (inputs.act === "exit") process.exit(9);
    if (inputs.act === "escape") { setTimeout(() => { throw new RangeError("escaped"); }, 1); await until("/never"); }
    return process.pid;
  };
`;

let yard: LocalYard;
afterEach(() => yard.close());

const gate = (name: string) => `${yard.folder}/${name}`;
const openGate = (name: string) => yard.writeModule(`../${name}`, "");

/** Starts attempts that hold still in one process, then lets the first of them act. */
async function startTogether(act: string, count: number) {
  const finals = Array.from({ length: count }, (_, index) =>
    yard.run({
      instanceId: `ins_${index}`,
      attemptId: `att_${index}`,
      input: index === 0 ? { wait: gate("first"), act } : { wait: gate("others") },
    }),
  );
  for (let index = 0; index < count; index++) {
    await yard.seen((one) => one.kind === "started" && one.attemptId === `att_${index}`);
  }
  expect(yard.executor.processes()).toBe(1);
  await openGate("first");
  return finals;
}

const together = { runnersPerTaskMax: 1 };

describe("when a process dies, the failure goes to whom it belongs", () => {
  it("loses everybody when nobody knows who did it, then finds out by running each alone", async () => {
    yard = await openYard({ "task.mjs": code }, together);
    const first = await Promise.all(await startTogether("abort", 5));
    for (const report of first) {
      expect(errorOf(report)).toMatchObject({ class: "worker_lost" });
      expect(errorOf(report).message).toContain("alone");
    }

    const again = ["ins_1", "ins_2"].map((instanceId) =>
      yard.run({ instanceId, attempt: 2, input: { wait: gate("again") } }),
    );
    const culprit = yard.run({ instanceId: "ins_0", attempt: 2, input: { act: "abort" } });
    const firsts = yard.reports.length;
    await yard.seen((one) => one.kind === "started" && yard.reports.indexOf(one) >= firsts);
    await openGate("again");
    expect(errorOf(await culprit)).toMatchObject({ class: "crash" });
    for (const report of await Promise.all(again)) expect(report.kind).toBe("succeeded");
  });

  it("trusts an instance again once an attempt of it has ended well", async () => {
    yard = await openYard({ "task.mjs": code }, together);
    await Promise.all(await startTogether("abort", 3));
    const instances = ["ins_1", "ins_2"];
    for (const instanceId of instances) await yard.run({ instanceId, attempt: 2, input: {} });
    const held = instances.map((instanceId) =>
      yard.run({
        instanceId,
        attemptId: `${instanceId}-3`,
        attempt: 3,
        input: { wait: gate("third") },
      }),
    );
    // Both at the same time, in the only process there may be.
    for (const instanceId of instances) {
      await yard.seen((one) => one.kind === "started" && one.attemptId === `${instanceId}-3`);
    }
    await openGate("third");
    expect(new Set((await Promise.all(held)).map(outputOf)).size).toBe(1);
  });

  it("keeps a culprit alone for its later attempts, so that it takes nobody along", async () => {
    yard = await openYard({ "task.mjs": code }, together);
    const alone = { instanceId: "ins_bad", input: { act: "abort" } };
    expect(errorOf(await yard.run(alone))).toMatchObject({ class: "crash" });
    const held = ["att_a", "att_b", "att_c"].map((attemptId) =>
      yard.run({ attemptId, input: { wait: gate("others") } }),
    );
    await yard.seen((one) => one.kind === "started" && one.attemptId === "att_c");
    const again = yard.run({ ...alone, attempt: 2 });
    await openGate("others");
    expect(errorOf(await again)).toMatchObject({ class: "crash" });
    for (const report of await Promise.all(held)) expect(report.kind).toBe("succeeded");
  });

  it("knows who called process.exit, whoever else was there", async () => {
    yard = await openYard({ "task.mjs": code }, together);
    const [culprit, ...others] = await Promise.all(await startTogether("exit", 4));
    expect(errorOf(culprit ?? never())).toMatchObject({ class: "crash" });
    expect(errorOf(culprit ?? never()).message).toContain("process.exit(9)");
    expect(others).toHaveLength(3);
    for (const report of others) {
      expect(errorOf(report)).toMatchObject({ class: "worker_lost" });
      expect(errorOf(report).message).not.toContain("alone");
    }
  });

  it("fails only the attempt an escaped error belongs to; the others finish, in peace", async () => {
    yard = await openYard({ "task.mjs": code }, together);
    const [culprit = never(), ...others] = await startTogether("escape", 4);
    expect(errorOf(await culprit)).toMatchObject({ class: "error", name: "RangeError" });
    await openGate("others");
    const pids = new Set((await Promise.all(others)).map(outputOf));
    expect(pids.size).toBe(1);
    // The process is not trusted with new work any more.
    expect(pids).not.toContain(outputOf(await yard.run({ input: {} })));
  });

  it("blames a blocked process's time-out on the attempt, and loses the others without blame", async () => {
    yard = await openYard(
      {
        "task.mjs": `
          export const handler = async ({ inputs }) => {
            if (inputs === "hold") await new Promise((resolve) => setTimeout(resolve, 60_000));
            for (;;);
          };
        `,
      },
      together,
    );
    const held = yard.run({ attemptId: "att_held", input: "hold" });
    await yard.seen((one) => one.kind === "started" && one.attemptId === "att_held");
    const spinning = yard.run({ input: "spin", timeoutMs: 150 });
    expect(errorOf(await spinning)).toMatchObject({ class: "timeout" });
    expect(errorOf(await held)).toMatchObject({ class: "worker_lost" });
  });
});

function never(): never {
  throw new Error("no such report");
}
