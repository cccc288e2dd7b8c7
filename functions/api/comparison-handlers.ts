import type { Handlers } from "./calls.ts";
import type { ApiDeps } from "./deps.ts";
import { compareRules } from "./what-if/compare-rules.ts";
import { stopWorseExperiment } from "./what-if/stop-worse-experiment.ts";
import { tryRules } from "./what-if/try-rules.ts";
import { answer } from "./wire/answers.ts";

type ComparisonHandlers = Pick<Handlers, "tryRules" | "compareRules" | "stopWorseExperiment">;

export function comparisonHandlers({ engine }: ApiDeps): ComparisonHandlers {
  return {
    async tryRules({ context, body }) {
      return answer(200, await tryRules(engine, context.tenant, body));
    },
    async compareRules({ context, query }) {
      return answer(200, await compareRules(engine, context.tenant, query));
    },
    async stopWorseExperiment({ context }) {
      const check = await stopWorseExperiment(engine, context);
      if (check.outcome === "stopped") engine.routing.forget(context.tenant);
      return answer(200, check);
    },
  };
}
