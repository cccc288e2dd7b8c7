import { beforeEach, describe, expect, it } from "vitest";
import { openMemoryStore } from "../../../functions/adapters/memory/memory-store.ts";
import {
  type MirrorDeps,
  mirrorRecord,
  mirrorRecords,
} from "../../../functions/mirror/mirror-record.ts";
import { sweep } from "../../../functions/mirror/sweep.ts";
import { silentLog } from "../../../functions/runtime/json-log.ts";
import { keys } from "../../../shared/contract/keys.ts";
import { TerminalError, TransientError } from "../../../shared/core/errors.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { Mirror, MirrorOutcome } from "../../../shared/ports/mirror.ts";
import type { Store } from "../../../shared/ports/store.ts";
import { mirrorNameOf, recordOfMirrorName } from "../../../shared/schedule/mirror-name.ts";
import type { Schedule } from "../../../shared/schedule/schedule.ts";
import { nowMs, scheduleRecord } from "../../contract/mirror/records.ts";

/** The outside as a map of what was told last. */
class FakeOutside implements Mirror<object> {
  readonly told = new Map<string, number>();
  readonly changedAtMs = new Map<string, number>();
  fault: Error | undefined;
  refusal: string | undefined;
  meanwhile: (() => Promise<void>) | undefined;
  calls = 0;

  async reconcile(tenant: string, name: string, source: object | undefined) {
    this.calls += 1;
    if (this.fault !== undefined) throw this.fault;
    if (this.refusal !== undefined) return { outcome: "refused", reason: this.refusal } as const;
    const outcome = this.#tell(`${tenant}/${name}`, generationOf(source));
    const { meanwhile } = this;
    this.meanwhile = undefined;
    await meanwhile?.();
    return outcome;
  }

  async page() {
    const items = [...this.told.keys()].map((key) => {
      const [tenant = "", name = ""] = key.split("/");
      return { tenant, name, changedAtMs: this.changedAtMs.get(key) ?? 0 };
    });
    return { items, foreign: [] };
  }

  #tell(key: string, wanted: number | undefined): MirrorOutcome {
    const present = this.told.get(key);
    if (present === wanted) return { outcome: "same" };
    if (wanted === undefined) this.told.delete(key);
    else this.told.set(key, wanted);
    const what = wanted === undefined ? "deleted" : present === undefined ? "created" : "updated";
    return { outcome: "changed", what, differences: [] };
  }
}

function generationOf(source: object | undefined): number | undefined {
  return (source as { readonly generation?: number } | undefined)?.generation;
}

let store: Store;
let outside: FakeOutside;
let deps: MirrorDeps;
beforeEach(() => {
  store = openMemoryStore();
  outside = new FakeOutside();
  const mirrors = { schedule: outside, trigger: new FakeOutside() };
  deps = { store, clock: { now: () => nowMs }, log: silentLog, mirrors };
});

const key = keys.schedule("acme", "nightly");
const named = { of: "schedule", tenant: "acme", name: "nightly" } as const;

async function put(more: Partial<Schedule> = {}): Promise<void> {
  const present = await store.get(key);
  const body = { ...(present?.body ?? scheduleRecord()), ...more };
  const expectation = present?.version ?? "absent";
  await store.write([
    { kind: "put", expect: expectation, record: { key, type: "schedule", body } },
  ]);
}

async function stored(): Promise<Schedule> {
  const record = await store.get(key);
  if (record === undefined) throw new TypeError("there is none");
  return record.body as unknown as Schedule;
}

describe("a record that is mirrored", () => {
  it("says that it is in order, and wakes for its slots alone", async () => {
    await put({ mirror: { state: "pending", atMs: nowMs }, wakeAtMs: nowMs + 5_000 });
    await mirrorRecord(deps, named);
    const { mirror, wakeAtMs } = await stored();
    expect(mirror).toEqual({ state: "in_sync", atMs: nowMs });
    expect(wakeAtMs).toBe(nowMs + 5_000);
  });

  it("is not written again when nothing is to be done", async () => {
    await put();
    await mirrorRecord(deps, named);
    const { version } = (await store.get(key)) ?? { version: 0 };
    await mirrorRecord(deps, named);
    expect((await store.get(key))?.version).toBe(version);
  });

  it("is mirrored anew when it changed while the outside was told", async () => {
    await put({ generation: 1 });
    outside.meanwhile = () => put({ generation: 2 });
    await mirrorRecord(deps, named);
    expect(outside.told.get("acme/nightly")).toBe(2);
    expect(await stored()).toMatchObject({ generation: 2, mirror: { state: "in_sync" } });
  });

  it("is mirrored when it is made again while the old one was taken away", async () => {
    outside.told.set("acme/nightly", 1);
    outside.meanwhile = () => put({ generation: 7 });
    await mirrorRecord(deps, named);
    expect(outside.told.get("acme/nightly")).toBe(7);
  });

  it("is tried again, later each time, while the outside cannot be reached", async () => {
    await put();
    outside.fault = new TransientError("down");
    const wakes: number[] = [];
    for (let tries = 0; tries < 3; tries++) {
      await mirrorRecord(deps, named);
      const { mirror, wakeAtMs = 0 } = await stored();
      expect(mirror).toMatchObject({ state: "pending", tries: tries + 1, error: "down" });
      wakes.push(wakeAtMs);
      await put({ wakeAtMs: nowMs + 10 * limits.mirrorAgainMs });
    }
    expect(wakes).toEqual([2, 4, 8].map((factor) => nowMs + factor * limits.mirrorAgainMs));
  });

  it("becomes somebody's business at once when it is refused, and only later when not reached", async () => {
    await put();
    outside.fault = new TransientError("down");
    expect(await mirrorRecords(deps, [named])).toBe(0);
    expect(await mirrorRecords(deps, [named])).toBe(0);
    expect(await mirrorRecords(deps, [named])).toBe(1);
    outside.fault = new TerminalError("access denied");
    expect(await mirrorRecords(deps, [named])).toBe(1);
    expect(await stored()).toMatchObject({ mirror: { state: "failed", error: "access denied" } });
  });
});

describe("the sweep over everything that is mirrored", () => {
  beforeEach(async () => {
    await put();
    await mirrorRecords(deps, [named]);
    outside.changedAtMs.set("acme/nightly", nowMs - 1);
  });
  const swept = () => sweep(deps, "default");

  it("finds nothing where all is well, and then does not even look closely", async () => {
    expect(await swept()).toMatchObject({ drift: 0, failures: 0, complete: true });
    deps = { ...deps, clock: { now: () => nowMs + 2 * limits.mirrorClockSkewMs } };
    await swept();
    outside.calls = 0;
    await swept();
    expect(outside.calls).toBe(0);
  });

  it("makes anew what was taken away outside, and counts it", async () => {
    outside.told.clear();
    expect(await swept()).toMatchObject({ drift: 1 });
    expect(outside.told.size).toBe(1);
  });

  it("puts right what was changed outside", async () => {
    outside.told.set("acme/nightly", 99);
    outside.changedAtMs.set("acme/nightly", nowMs + 1);
    expect(await swept()).toMatchObject({ drift: 1 });
    expect(outside.told.get("acme/nightly")).toBe(3);
  });

  it("takes away what no record asks for", async () => {
    outside.told.set("acme/orphan", 1);
    expect(await swept()).toMatchObject({ drift: 1 });
    expect([...outside.told.keys()]).toEqual(["acme/nightly"]);
  });

  it("mirrors what was never told because the hint was lost, which is no drift", async () => {
    await put({ generation: 4, updatedAtMs: nowMs + 1 });
    expect(await swept()).toMatchObject({ drift: 0 });
    expect(outside.told.get("acme/nightly")).toBe(4);
  });

  it("goes on past a record that cannot be mirrored, and counts it", async () => {
    outside.told.clear();
    outside.refusal = "quota";
    expect(await swept()).toMatchObject({ drift: 0, failures: 1 });
  });
});

describe("names outside", () => {
  it("fit, tell their records, and differ for different records", () => {
    const names = ["a", "a-b", "a_b", "n".repeat(40), "n".repeat(62), `${"n".repeat(61)}m`];
    const seen = new Set<string>();
    for (const tenant of names) {
      for (const name of names) {
        const mirrored = mirrorNameOf(tenant, name, "switchyard-prod.");
        expect(mirrored).toMatch(/^[0-9a-zA-Z-_.]{1,64}$/);
        seen.add(mirrored);
        const record = recordOfMirrorName(mirrored, "switchyard-prod.");
        if (!mirrored.includes("..")) expect(record).toEqual({ tenant, name });
        else expect(record).toBeUndefined();
      }
    }
    expect(seen.size).toBe(names.length ** 2);
  });

  it.each(["by-hand", "other.acme.nightly", "switchyard-prod-x.acme.nightly", ""])(
    "of somebody else, such as %j, tell nothing",
    (name) => expect(recordOfMirrorName(name, "switchyard-prod.")).toBeUndefined(),
  );
});
