import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Finding,
  findingIdForm,
  findingIdOf,
  findingKinds,
  type Symptom,
} from "../../../shared/finding/finding.ts";
import { planFindings } from "../../../shared/finding/plan-findings.ts";

const nowMs = Date.parse("2026-11-20T09:05:00Z");
const missed: Symptom = {
  kind: "slot_missed",
  subject: "nightly",
  message: "nothing has become of it",
  atMs: nowMs - 300_000,
};

function plan(
  known: readonly Finding[],
  symptoms: readonly Symptom[],
  atMs = nowMs,
  isWell = true,
) {
  const facts = { tenant: "acme", nowMs: atMs, known, symptoms, isWell: () => isWell };
  return planFindings(facts);
}

/** The findings as they are stored after a plan was carried out. */
function after(known: readonly Finding[], planned: readonly Finding[]): readonly Finding[] {
  const byId = new Map(known.map((finding) => [finding.id, finding]));
  for (const finding of planned) byId.set(finding.id, finding);
  return [...byId.values()];
}

describe("a finding", () => {
  it("is opened by a symptom, and looked at again nothing changes", () => {
    const opened = plan([], [missed]);
    expect(opened).toMatchObject([{ state: "open", openedAtMs: nowMs, subject: "nightly" }]);
    expect(opened[0]?.id).toMatch(findingIdForm);
    expect(plan(opened, [missed], nowMs + 60_000)).toEqual([]);
  });

  it("goes on with the next slot instead of being opened again", () => {
    const known = plan([], [missed]);
    const next = { ...missed, atMs: nowMs, message: "this one, too" };
    expect(plan(known, [next], nowMs + 1)).toEqual([
      { ...known[0], nominalMs: nowMs, message: "this one, too" },
    ]);
  });

  it("is closed when what it is about is well again, and opened anew by the next time", () => {
    const known = plan([], [missed]);
    const closed = plan(known, [], nowMs + 1);
    expect(closed).toEqual([{ ...known[0], state: "closed", closedAtMs: nowMs + 1 }]);
    const again = plan(closed, [{ ...missed, atMs: nowMs + 2 }], nowMs + 3);
    expect(again).toMatchObject([{ state: "open", openedAtMs: nowMs + 3 }]);
    expect(again[0]?.id).not.toBe(known[0]?.id);
  });

  it("is opened again as itself when the same slot is not well after all", () => {
    const known = plan([], [missed]);
    const again = plan(plan(known, [], nowMs + 1), [missed], nowMs + 2);
    expect(again).toMatchObject([{ id: known[0]?.id, state: "open", openedAtMs: nowMs }]);
    expect(again[0]).not.toHaveProperty("closedAtMs");
  });

  it("stays open as long as nothing is known of what it is about", () => {
    const known = plan([], [missed]);
    expect(plan(known, [], nowMs + 1, false)).toEqual([]);
  });

  it("of what was mended unnoticed is written down closed, and once", () => {
    const mended = { ...missed, kind: "start_late", mendedAtMs: nowMs - 1 } as const;
    const written = plan([], [mended]);
    expect(written).toMatchObject([{ state: "closed", closedAtMs: nowMs }]);
    expect(plan(written, [mended], nowMs + 60_000)).toEqual([]);
  });

  it("that is open is closed at the time at which it was mended", () => {
    const late = { ...missed, kind: "start_late" } as const;
    const known = plan([], [late]);
    const closed = plan(known, [{ ...late, mendedAtMs: nowMs + 7 }], nowMs + 60_000);
    expect(closed).toMatchObject([{ id: known[0]?.id, state: "closed", closedAtMs: nowMs + 7 }]);
  });

  it("keeps who takes care of it while it goes on", () => {
    const acknowledged = { atMs: nowMs, by: "ada", note: "looking" };
    const known = plan([], [missed]).map((finding) => ({ ...finding, acknowledged }));
    expect(plan(known, [{ ...missed, atMs: nowMs }])).toMatchObject([{ acknowledged }]);
  });
});

describe("findings, whatever comes and goes", () => {
  const symptom: fc.Arbitrary<Symptom> = fc.record({
    kind: fc.constantFrom(...findingKinds),
    subject: fc.constantFrom("a", "b"),
    message: fc.constantFrom("x", "y"),
    atMs: fc.integer({ min: nowMs - 5, max: nowMs + 5 }),
  });
  const looks = fc.array(
    fc.uniqueArray(symptom, { selector: ({ kind, subject }) => `${kind} ${subject}` }),
    { maxLength: 8 },
  );

  it("are open for exactly the symptoms of the last look, one for each, and settle at once", () => {
    fc.assert(
      fc.property(looks, (all) => {
        let known: readonly Finding[] = [];
        let atMs = nowMs;
        for (const symptoms of all) {
          atMs += 60_000;
          const planned = plan(known, symptoms, atMs);
          expect(new Set(planned.map(({ id }) => id)).size).toBe(planned.length);
          known = after(known, planned);
          expect(plan(known, symptoms, atMs + 1)).toEqual([]);
          const open = known.filter(({ state }) => state === "open");
          const nameOf = (each: { kind: string; subject: string }) =>
            `${each.kind} ${each.subject}`;
          expect(open.map(nameOf).sort()).toEqual(symptoms.map(nameOf).sort());
        }
      }),
    );
  });

  it("have ids that a path can hold, for the longest names too", () => {
    const subject = "n".repeat(63);
    for (const kind of findingKinds) {
      expect(findingIdOf({ ...missed, kind, subject })).toMatch(findingIdForm);
    }
  });
});
