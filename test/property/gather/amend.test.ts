import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../shared/core/limits.ts";
import { utf8Bytes } from "../../../shared/core/texts.ts";
import {
  additionsFitting,
  isGathering,
  openGathering,
} from "../../../shared/instance/amend-instance.ts";
import { auditInstance } from "../../../shared/instance/audit.ts";
import { decide } from "../../../shared/instance/decide.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { Gathering } from "../../../shared/task/gathering.ts";
import {
  contextOf,
  definitionOf,
  openedBy,
  submittedAtMs as t0,
} from "../../unit/instance/instance-maker.ts";

const definition = definitionOf();

const arrivals = fc.array(
  fc.record({
    passedMs: fc.integer({ min: 0, max: 8_000 }),
    inputs: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
        {
          weight: 1,
          arbitrary: fc.integer({ min: 0, max: 100_000 }).map((size) => "ü".repeat(size / 2)),
        },
      ),
      { minLength: 1, maxLength: 8 },
    ),
  }),
  { minLength: 1, maxLength: 30 },
);

interface Run {
  readonly instances: readonly Instance[];
  readonly endMs: number;
}

/** What the shell does with arrivals, without a store: joins what gathers, else opens another. */
function gatherAll(
  gathering: Gathering,
  stream: typeof arrivals extends fc.Arbitrary<infer Value> ? Value : never,
): Run {
  const instances: Instance[] = [];
  let nowMs = t0;
  for (const { passedMs, inputs } of stream) {
    nowMs += passedMs;
    let waiting = inputs.map((input): Instance => {
      // It survives JSON, because it was made as a JSON value.
      const opened = openedBy(definition, { input: JSON.parse(JSON.stringify(input)) });
      return {
        ...opened,
        createdAtMs: nowMs,
        history: [{ ...opened.history[0], atMs: nowMs }] as Instance["history"],
      };
    });
    while (waiting.length > 0) {
      const present = instances.at(-1);
      const [first, ...others] = waiting;
      if (first === undefined) break;
      if (present === undefined || !isGathering(present, nowMs)) {
        const opened = openGathering([first, ...others], gathering);
        instances.push(opened);
        waiting = waiting.slice(opened.gathered?.items);
        continue;
      }
      const fitting = additionsFitting(present, gathering, waiting);
      const full = fitting < waiting.length ? ({ full: true } as const) : {};
      const additions = waiting.slice(0, fitting);
      const command = { name: "amend", gathering, additions, actor: "adder", ...full } as const;
      const decision = decide(present, command, contextOf(definition, nowMs));
      if (decision.outcome !== "changed") throw new Error(decision.reason);
      instances[instances.length - 1] = decision.next;
      waiting = waiting.slice(fitting);
    }
  }
  return { instances, endMs: nowMs };
}

describe("gathering, whatever comes and when", () => {
  it("keeps every item of batches once and in order, within all bounds", () => {
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 2, max: 20 }), (stream, max) => {
        const { instances } = gatherAll({ mode: "batch", seconds: 10, max }, stream);
        const sent = stream.flatMap(({ inputs }) => inputs);
        const kept = instances.flatMap(({ input }) => (input as { items: unknown[] }).items);
        expect(kept).toEqual(JSON.parse(JSON.stringify(sent)));
        for (const { input, gathered, dueAtMs, createdAtMs } of instances) {
          const bytes = utf8Bytes(JSON.stringify(input));
          expect(gathered?.inputBytes).toBe(bytes);
          expect(bytes).toBeLessThanOrEqual(limits.inputBytesMax);
          expect(gathered?.items).toBe((input as { items: unknown[] }).items.length);
          expect(gathered?.items).toBeLessThanOrEqual(max);
          expect(dueAtMs).toBeLessThanOrEqual(createdAtMs + 10_000);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("runs the newest input of each burst of a debounce, neither too early nor too late", () => {
    fc.assert(
      fc.property(arrivals, (stream) => {
        const gathering: Gathering = { mode: "debounce", seconds: 5, maxSeconds: 20 };
        const { instances } = gatherAll(gathering, stream);
        const counted = instances.reduce((sum, { gathered }) => sum + (gathered?.items ?? 0), 0);
        expect(counted).toBe(stream.flatMap(({ inputs }) => inputs).length);
        const last = stream.at(-1)?.inputs.at(-1);
        expect(instances.at(-1)?.input).toEqual(JSON.parse(JSON.stringify(last)));
        for (const { dueAtMs, createdAtMs, history } of instances) {
          const lastMs = history.at(-1)?.atMs ?? 0;
          expect(dueAtMs).toBe(Math.min(lastMs + 5_000, createdAtMs + 20_000));
        }
      }),
      { numRuns: 150 },
    );
  });

  it("leaves records that the auditor accepts, with a history that does not grow", () => {
    fc.assert(
      fc.property(
        arrivals,
        fc.constantFrom<Gathering>(
          { mode: "batch", seconds: 30, max: 1_000 },
          { mode: "debounce", seconds: 10 },
        ),
        (stream, gathering) => {
          for (const instance of gatherAll(gathering, stream).instances) {
            expect(auditInstance(instance, definition)).toEqual([]);
            expect(instance.history.length).toBeLessThanOrEqual(2);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
