import fc from "fast-check";
import { keys } from "../../../shared/contract/keys.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { Change, Expectation, Key, NewRecord } from "../../../shared/ports/store.ts";
import {
  finishedRecord,
  instanceRecord,
  rollupRecord,
} from "../../contract/store/store-records.ts";
import { type Model, nameOf } from "./reference-model.ts";

/** An expectation: a fixed one, or whatever was true when the round began. */
type PlannedExpectation = "as it was" | Expectation;

/** A change as plain data that reads well in a counterexample. */
export type PlannedChange =
  | { readonly put: string; readonly expect: PlannedExpectation; readonly look: InstanceLook }
  | { readonly putSum: string; readonly expect: PlannedExpectation; readonly n: number }
  | { readonly delete: string; readonly expect: "as it was" | number }
  | { readonly check: string; readonly expect: PlannedExpectation }
  | { readonly add: string; readonly n: number; readonly min?: number; readonly max?: number };

/** What decides an instance's index entries. */
export interface InstanceLook {
  readonly task: string;
  readonly group?: string;
  readonly state: "waking" | "paused" | "finished";
  readonly wakeAtMs: number;
}

/** A round: these writes are under way at the same time; then perhaps a disturbance. */
export interface PlannedRound {
  readonly writes: readonly (readonly PlannedChange[])[];
  readonly disturb: boolean;
  /** How the indexes are looked at after the round. */
  readonly limit: number;
  readonly order: "ascending" | "descending";
}

export const instanceNames = ["ins_a", "ins_b", "ins_c"] as const;
export const sumNames = ["sum_a", "sum_b"] as const;
export const taskNames = ["resize", "crop"] as const;
export const groupNames = ["blue", "green"] as const;

const anInstance = fc.constantFrom(...instanceNames);
const aSum = fc.constantFrom(...sumNames);
const anything = fc.constantFrom(...instanceNames, ...sumNames);
const aVersion = fc.integer({ min: 1, max: 4 });
const anExpectation = fc.oneof(
  { weight: 4, arbitrary: fc.constant("as it was" as const) },
  fc.constant("absent" as const),
  aVersion,
);
const aLook: fc.Arbitrary<InstanceLook> = fc.record(
  {
    task: fc.constantFrom(...taskNames),
    group: fc.constantFrom(...groupNames),
    state: fc.constantFrom("waking" as const, "paused" as const, "finished" as const),
    wakeAtMs: fc.integer({ min: 1, max: 4 }),
  },
  { requiredKeys: ["task", "state", "wakeAtMs"] },
);

const aChange: fc.Arbitrary<PlannedChange> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ put: anInstance, expect: anExpectation, look: aLook }) },
  fc.record({ putSum: aSum, expect: anExpectation, n: fc.integer({ min: -3, max: 3 }) }),
  fc.record({
    delete: anything,
    expect: fc.oneof({ weight: 4, arbitrary: fc.constant("as it was" as const) }, aVersion),
  }),
  fc.record({ check: anything, expect: anExpectation }),
  fc.record(
    {
      add: aSum,
      n: fc.integer({ min: -3, max: 3 }),
      min: fc.integer({ min: -4, max: 0 }),
      max: fc.integer({ min: 0, max: 4 }),
    },
    { requiredKeys: ["add", "n"] },
  ),
);

/** Rounds in which up to `clients` clients write at once. */
export function plannedRounds(clients: number): fc.Arbitrary<readonly PlannedRound[]> {
  const aWrite = fc.uniqueArray(aChange, { minLength: 1, maxLength: 4, selector: subjectOf });
  const aRound: fc.Arbitrary<PlannedRound> = fc.record({
    writes: fc.array(aWrite, { minLength: 1, maxLength: clients }),
    disturb: fc.boolean(),
    limit: fc.constantFrom(1, 2, 100),
    order: fc.constantFrom("ascending" as const, "descending" as const),
  });
  return fc.array(aRound, { minLength: 1, maxLength: 12 });
}

/** The planned changes as a store takes them, given what was there when the round began. */
export function changesOf(
  tenant: string,
  model: Model,
  planned: readonly PlannedChange[],
): readonly Change[] {
  return planned.map((change) => changeOf(tenant, model, change));
}

export function keyNamed(tenant: string, name: string): Key {
  return name.startsWith("ins_") ? keys.instance(tenant, name) : rollupRecord(tenant, name, {}).key;
}

function subjectOf(change: PlannedChange): string {
  if ("put" in change) return change.put;
  if ("putSum" in change) return change.putSum;
  if ("delete" in change) return change.delete;
  return "check" in change ? change.check : change.add;
}

function changeOf(tenant: string, model: Model, change: PlannedChange): Change {
  const key = keyNamed(tenant, subjectOf(change));
  const version = model.get(nameOf(key))?.version;
  const meant = (expect: PlannedExpectation): Expectation =>
    expect === "as it was" ? (version ?? "absent") : expect;
  if ("put" in change) {
    const record = looking(tenant, change.put, change.look);
    return { kind: "put", record, expect: meant(change.expect) };
  }
  if ("putSum" in change) {
    const record = rollupRecord(tenant, change.putSum, { n: change.n });
    return { kind: "put", record, expect: meant(change.expect) };
  }
  if ("check" in change) return { kind: "check", key, expect: meant(change.expect) };
  if ("delete" in change) {
    const expect = change.expect === "as it was" ? (version ?? 1) : change.expect;
    return { kind: "delete", key, expect };
  }
  const { n, min, max } = change;
  const bound = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
  return { kind: "add", key, type: "rollup", amounts: { n }, bounds: { n: bound } };
}

function looking(tenant: string, name: string, look: InstanceLook): NewRecord<Instance> {
  const { state, group, ...rest } = look;
  const grouped = group === undefined ? rest : { ...rest, group };
  if (state === "waking") return instanceRecord(tenant, name, grouped);
  if (state === "paused") return instanceRecord(tenant, name, { ...grouped, waiting: "paused" });
  const record = finishedRecord(tenant, name);
  const { wakeAtMs: _wake, ...unwoken } = grouped;
  return { ...record, body: { ...record.body, ...unwoken } };
}
