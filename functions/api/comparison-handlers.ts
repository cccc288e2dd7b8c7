import type { Handlers } from "./calls.ts";
import type { ApiDeps } from "./deps.ts";
import { compareRules } from "./what-if/compare-rules.ts";
import { tryRules } from "./what-if/try-rules.ts";
import { answer } from "./wire/answers.ts";

type ComparisonHandlers = Pick<Handlers, "tryRules" | "compareRules">;

export function comparisonHandlers({ engine }: ApiDeps): ComparisonHandlers {
  return {
    async tryRules({ context, body }) {
      return answer(200, await tryRules(engine, context.tenant, body));
    },
    async compareRules({ context, query }) {
      return answer(200, await compareRules(engine, context.tenant, query));
    },
  };
}
