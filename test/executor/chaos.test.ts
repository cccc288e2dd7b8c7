import { afterEach, describe, expect, it } from "vitest";
import type { ErrorClass } from "../../shared/instance/error-classes.ts";
import { isFinal, type LocalYard, openYard } from "./local-yard.ts";

const code = `
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const acts = {
    answer: async () => "fine",
    wait: async () => { await pause(20); return "waited"; },
    fail: async () => { await null; throw new Error("failed"); },
    exit: async () => { await pause(5); process.exit(3); },
    abort: async () => { await pause(5); process.abort(); },
    spin: () => { for (;;); },
    hang: () => pause(60_000),
    escape: async () => { setTimeout(() => { throw new Error("escaped"); }, 2); await pause(60_000); },
    bad: async () => 1n,
  };
  export const handler = ({ inputs }) => acts[inputs]();
`;

/** What each act may end as. Being lost along with somebody else can happen to all of them. */
const endings: Record<string, readonly (ErrorClass | "succeeded")[]> = {
  answer: ["succeeded"],
  wait: ["succeeded"],
  fail: ["error"],
  exit: ["crash"],
  abort: ["crash"],
  spin: ["timeout"],
  hang: ["timeout"],
  escape: ["error"],
  bad: ["invalid_output"],
};
const mostlyHarmless = [
  ...Array.from({ length: 12 }, () => ["answer", "wait", "fail"]).flat(),
  ...Object.keys(endings),
];
const attempts = 150;

let yard: LocalYard;
afterEach(() => yard.close());

describe("any mix of attempts", () => {
  it.each([1, 2])(
    "is reported exactly once each, and nobody is blamed for others: seed %i",
    async (seed) => {
      yard = await openYard(
        { "task.mjs": code },
        { unresponsiveMsMax: 200, runnersMax: 3, runnersMaxBusy: 3, idleExitMs: 20 },
      );
      const random = randomFrom(seed);
      const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
      const acts = new Map<string, string>();
      const stopped = new Set<string>();
      for (let i = 0; i < attempts; i++) {
        const act = pick(mostlyHarmless);
        const attemptId = `att_${i}`;
        const patient = endings[act]?.[0] !== "timeout";
        const order = yard.order({
          attemptId,
          // Few instances, so that some are suspects when they come again.
          instanceId: `ins_${Math.floor(random() * 60)}`,
          task: pick(["one", "two", "three", "four"]),
          input: act,
          timeoutMs: patient ? 60_000 : 60,
        });
        acts.set(attemptId, act);
        await yard.executor.start(order);
        if (random() < 0.05) {
          stopped.add(attemptId);
          await yard.executor.stop(order);
        }
        const open = [...acts.keys()].filter((id) => !stopped.has(id));
        if (open.length > 0 && random() < 0.05) await yard.finalOf(pick(open));
      }
      const awaited = [...acts.keys()].filter((id) => !stopped.has(id));
      await Promise.all(awaited.map((id) => yard.finalOf(id)));
      expect(yard.executor.inFlight()).toBe(0);

      for (const [id, act] of acts) {
        const own = yard.reports.filter(({ attemptId }) => attemptId === id);
        const finals = own.filter(isFinal);
        expect(finals.length, `${id} ${act}`).toBe(stopped.has(id) ? 0 : 1);
        expect(own.filter(({ kind }) => kind === "started").length).toBeLessThanOrEqual(1);
        if (!stopped.has(id)) expect(own.at(-1)).toBe(finals[0]);
        for (const final of finals) {
          const ending = final.kind === "succeeded" ? "succeeded" : final.error.class;
          expect([...(endings[act] ?? []), "worker_lost"], `${id} ${act}`).toContain(ending);
        }
      }
    },
  );
});

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
