import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedStore } from "../../functions/adapters/local/embedded/embedded-store.ts";
import { tryRules } from "../../functions/api/what-if/try-rules.ts";
import { openDefinitions } from "../../functions/runtime/definitions.ts";
import type { Engine } from "../../functions/runtime/engine.ts";
import { openGateSource } from "../../functions/runtime/gate-source.ts";
import { silentLog } from "../../functions/runtime/json-log.ts";
import { openIds, systemRandom } from "../../functions/runtime/system-ports.ts";
import { replay } from "../../shared/routing/replay.ts";
import { compileRuleSet } from "../../shared/routing/rules/compile.ts";
import { shippedRules } from "../../shared/routing/rules/shipped.ts";
import { whatIf } from "../../shared/routing/what-if.ts";
import { whatIfRowOf } from "../../shared/routing/what-if-row.ts";
import { fixedRouting } from "../fixtures/fixed-routing.ts";
import { historyBackends, historySpec, storeHistory } from "../fixtures/synthetic-history.ts";

/** Figures of what-if on history: `npx tsx test/bench/what-if-bench.ts [instances]`. */
const count = Number(process.argv[2] ?? 100_000);
const start = Date.parse("2026-11-01T00:00:00.000Z");
const everyMs = 10_000;
const directory = await mkdtemp(join(tmpdir(), "what-if-bench-"));
const store = await openEmbeddedStore({ directory });

/** Of wall and of processor time: the latter says more on a machine that has other things to do. */
async function measure(what: string, run: () => unknown): Promise<void> {
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await run();
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuSeconds = (user + system) / 1e6;
  const rate = Math.round(count / seconds).toLocaleString("en");
  process.stdout.write(
    `${what.padEnd(52)} ${seconds.toFixed(2)} s, ${rate} /s, ${cpuSeconds.toFixed(2)} s of processor time\n`,
  );
}

try {
  const instances = await storeHistory(store, count, { fromMs: start, everyMs });
  await store.settle();
  const engine: Engine = {
    store,
    clock: { now: () => start + count * everyMs },
    random: systemRandom,
    ids: openIds(),
    log: silentLog,
    hints: { send: async () => undefined },
    definitions: openDefinitions(store),
    routing: fixedRouting(historyBackends),
    gates: openGateSource({ store, clock: { now: () => start + count * everyMs } }),
  };
  const since = new Date(start).toISOString();
  for (let round = 1; round <= 3; round++) {
    await measure(`${count} of the embedded store, round ${round}`, () =>
      tryRules(engine, "acme", { rules: shippedRules, since }),
    );
    const rules = compileRuleSet(shippedRules, 0);
    await measure("the same from memory, decided and priced only", () => {
      const rows = instances.map((instance) => whatIfRowOf(instance, historySpec));
      whatIf(rows, (row) => replay(row, rules), { backends: historyBackends });
    });
  }
} finally {
  await store.close();
  await rm(directory, { recursive: true });
}
