import { bug, type PlantedBug } from "./planted-bug.ts";

const budgetRecords = "functions/groups/budget-records.ts";
const claimDue = "functions/dispatch/claim-due.ts";
const decide = "shared/instance/decide.ts";
const gatesOf = "shared/limit/gates-of.ts";
const joined = "functions/submission/gather/joined.ts";
const limitKeeper = "functions/gates/limit-keeper.ts";
const prepare = "functions/submission/prepare-submission.ts";
const release = "functions/gates/release.ts";
const slots = "shared/limit/slots.ts";

/** Mistakes about slots, rates, money, pauses, singletons and gathering. */
export const gateBugs: readonly PlantedBug[] = [
  bug("a slot is kept when its attempt lapses", [
    release,
    "return after === undefined || after.outcome !== undefined ? live : undefined;",
    'return after?.outcome === "lost" ? undefined : after?.outcome !== undefined ? live : undefined;',
  ]),
  bug("a slot is given back by whoever has the first one", [
    slots,
    "const holders = shard.holders.filter((holder) => holder.attemptId !== attemptId);",
    "const holders = shard.holders.filter(({ attemptId: id }, place) => id !== attemptId && place > 0);",
  ]),
  bug(
    "one slot more than the bound",
    [
      slots,
      "return Math.max(0, max - heldIn(shards));",
      "return Math.max(0, max + 1 - heldIn(shards));",
    ],
    [
      slots,
      "if ((shards[shard]?.holders.length ?? 0) < most) return shard;",
      "if ((shards[shard]?.holders.length ?? 0) <= most) return shard;",
    ],
  ),
  bug(
    "only the first holder of a record is counted",
    [
      slots,
      "sum + (shard?.holders.length ?? 0), 0);",
      "sum + Math.min(1, shard?.holders.length ?? 0), 0);",
    ],
    [
      slots,
      "if ((shards[shard]?.holders.length ?? 0) < most) return shard;",
      "if (most > 0) return shard;",
    ],
  ),
  bug("a slot is taken ahead of its claim", [
    limitKeeper,
    'return { outcome: "open", changes, held: slots.length === 0 ? {} : { slots }, next };',
    'if (slots.length > 0) await engine.store.write(changes.splice(0));\n    return { outcome: "open", changes, held: slots.length === 0 ? {} : { slots }, next };',
  ]),
  bug("slots are taken whoever took them meanwhile", [
    limitKeeper,
    'slotsPut(tenant, shard, taken, versions[shard] ?? "absent", nowMs)];',
    'slotsPut(tenant, shard, taken, versions[shard] ?? "absent", nowMs)].filter(() => tenant === "");',
  ]),
  bug("whoever looks takes a slot, whoever is better placed", [
    limitKeeper,
    "if (room > 0 && before.length < wanted) {",
    "if (room > 0) {",
  ]),
  bug("lines go by nobody's priority", [
    "functions/gates/line.ts",
    "idsWhere((sort) => sort < own)",
    "idsWhere((sort) => sort.slice(14) < own.slice(14))",
  ]),
  bug("a start of a rate is taken ahead of its claim", [
    limitKeeper,
    "changes.push(ratePut(instance.tenant, body, version));",
    "await engine.store.write([ratePut(instance.tenant, body, version)]);",
  ]),
  bug("a rate has a burst more than it says", [
    "shared/limit/token-bucket.ts",
    "Math.floor(burstOf(rate) - aheadMs / interval + 1e-6)",
    "Math.floor(burstOf(rate) + 1 - aheadMs / interval + 1e-6)",
  ]),
  bug("limits that tasks share are asked by nobody", [
    gatesOf,
    "for (const name of new Set(spec.limits?.map((use) => use.name))) {",
    "for (const name of new Set<string>()) {",
  ]),
  bug("whoever needs a slot is claimed unasked when it is submitted", [
    prepare,
    "return pauseHolding(instance, gates) !== undefined || isGated(instance, spec, gates);",
    "return pauseHolding(instance, gates) !== undefined;",
  ]),
  bug("who waits in a line has no wake", [
    decide,
    "wakeAtMs: wakeOfPending(instance, recheckAtMs ?? nowMs + recheckMs),",
    "wakeAtMs: recheckAtMs === undefined ? nowMs + recheckMs : wakeOfPending(instance, Infinity),",
  ]),
  bug("who waits stands in no line", [
    decide,
    "      waitingFor,\n      wakeAtMs",
    "      wakeAtMs",
  ]),
  bug("who is held by a pause stands in no line", [
    claimDue,
    '{ name: "hold", waiting: "paused", ...pause }',
    '{ name: "hold", waiting: "paused", ...pause, waitingFor: "" }',
  ]),
  bug(
    "what was set aside is never settled",
    [release, "const changes: Change[] = [...settled.changes];", "const changes: Change[] = [];"],
    [release, "if (slots.length === 0) return settled;", "if (slots.length === 0) return nothing;"],
  ),
  bug("what was set aside is settled twice", [
    budgetRecords,
    "amounts: { usedMicroUsd: costMicroUsd - microUsd, reservedMicroUsd: -microUsd },",
    "amounts: { usedMicroUsd: 2 * (costMicroUsd - microUsd), reservedMicroUsd: -2 * microUsd },",
  ]),
  bug("money is set aside without its bound, by a reading that may be old", [
    budgetRecords,
    "{ bounds: { usedMicroUsd: { max: limitMicroUsd } } }",
    "{}",
  ]),
  bug("an approval lets all budgets pass", [
    "shared/group/decide-budgets.ts",
    'return approved && budget.whenExhausted === "ask";',
    'return approved || budget.whenExhausted === "queue";',
  ]),
  bug("submissions of a minute are counted without bound", [
    "functions/submission/quota.ts",
    "bounds: { submitted: { max: perMinute } },",
    "",
  ]),
  bug("what is submitted starts at once whatever is paused", [
    prepare,
    "return pauseHolding(instance, gates) !== undefined || isGated(instance, spec, gates);",
    "return isGated(instance, spec, gates);",
  ]),
  bug("the pause of a group holds nobody back", [
    claimDue,
    "if (pauseHolding(instance, await gates.facts(tenant)) === undefined) return undefined;",
    'if (pauseHolding(instance, await gates.facts(tenant))?.waitingFor !== "pause:tenant") return undefined;',
  ]),
  bug("switched off takes submissions all the same", [
    prepare,
    'if (stopped?.kind !== "off") return undefined;',
    'if (stopped?.kind !== "off" || stopped.atMs > 0) return undefined;',
  ]),
  bug("the lock of a singleton is taken whoever has it", [
    "functions/submission/gather/submit-singleton.ts",
    "const written = await engine.store.write([...base, ...extraChanges(arrival, instance)]);",
    "const written = await engine.store.write([...base.slice(0, 1), ...base.slice(2)]);\n  await engine.store.write(base.slice(1, 2));",
  ]),
  bug("a retry by hand asks for no lock", [
    "functions/submission/gather/lock-for-retry.ts",
    "if (key === undefined) return [];",
    'if (key === undefined || key.pk !== "") return [];',
  ]),
  bug("what a submission became part of is forgotten", [
    joined,
    "if (!arrival.isKnownById) return [];",
    "if (!arrival.isKnownById || present === undefined) return [];",
  ]),
  bug("a batch takes one more than it may", [
    "shared/instance/amend-instance.ts",
    "if (items > gathering.max ||",
    "if (items > gathering.max + 1 ||",
  ]),
  bug("the newest of a batch replaces the one before it", [
    "shared/instance/amend-instance.ts",
    "items: [...itemsOf(instance), ...additions",
    "items: [...itemsOf(instance).slice(0, -1), ...additions",
  ]),
];
