import { beforeEach, describe, expect, it } from "vitest";
import {
  type MemoryStore,
  openMemoryStore,
} from "../../../functions/adapters/memory/memory-store.ts";
import { loadRuleSet, loadRulesInForce } from "../../../functions/runtime/rules-source.ts";
import { keys } from "../../../shared/contract/keys.ts";
import type { ExecutionType } from "../../../shared/routing/backend-capabilities.ts";
import type { RuleSetVersion, RulesHead } from "../../../shared/routing/rules/rule-set.ts";

let store: MemoryStore;
beforeEach(() => {
  store = openMemoryStore();
});

async function keep(version: number, type: ExecutionType): Promise<void> {
  const body: RuleSetVersion = {
    tenant: "acme",
    version,
    spec: {
      name: `v${version}`,
      rules: [{ name: "all", when: "stateful = true", type, priority: "low" }],
      policy: { name: "cost-first" },
    },
    fingerprint: "",
    createdAtMs: 1,
    createdBy: "ada",
  };
  const record = { key: keys.rulesVersion("acme", version), type: "rules", body } as const;
  await store.write([{ kind: "put", record, expect: "absent" }]);
}

async function head(facts: Partial<RulesHead>, expect: "absent" | number = "absent") {
  const body = {
    tenant: "acme",
    latestVersion: 3,
    activeVersion: 0,
    updatedAtMs: 1,
    updatedBy: "ada",
    ...facts,
  };
  const record = { key: keys.rulesHead("acme"), type: "rules", body } as const;
  await store.write([{ kind: "put", record, expect }]);
}

const features = { stateful: true };

describe("the rules in force", () => {
  it("are the shipped ones where nobody set any", async () => {
    const { active, ...others } = await loadRulesInForce(store, "acme");
    expect([active.name, active.version, others]).toEqual(["shipped", 0, {}]);
    expect(active.classify(features).rule).toBe("traditional_required");
  });

  it("are what the head names, with what is tried beside them", async () => {
    await keep(1, "edge");
    await keep(2, "serverless");
    await keep(3, "traditional");
    const experiment = { candidateVersion: 3, percent: 10, startedAtMs: 1, startedBy: "ada" };
    await head({ activeVersion: 1, shadowVersion: 2, experiment });
    const rules = await loadRulesInForce(store, "acme");
    expect(rules.active.classify(features)).toMatchObject({
      type: "edge",
      rule: "all",
      open: false,
    });
    expect(rules.shadow?.classify(features).type).toBe("serverless");
    expect(rules.experiment).toMatchObject({ percent: 10, candidate: { version: 3, name: "v3" } });
    expect((await loadRulesInForce(store, "other")).active.version).toBe(0);
    await head({ activeVersion: 3 }, 1);
    expect(await loadRulesInForce(store, "acme")).toMatchObject({ active: { version: 3 } });
  });

  it("are compiled once, for each store of its own", async () => {
    await keep(1, "edge");
    const first = await loadRuleSet(store, "acme", 1);
    expect(await loadRuleSet(store, "acme", 1)).toBe(first);
    expect(first).toBeDefined();
    expect(await loadRuleSet(openMemoryStore(), "acme", 1)).toBe(undefined);
    expect(await loadRuleSet(store, "acme", 2)).toBe(undefined);
  });
});
