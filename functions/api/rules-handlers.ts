import {
  rulesToView,
  rulesVersionToItem,
  rulesVersionToView,
} from "../../shared/contract/http/rules-to-view.ts";
import type { RulesHead } from "../../shared/routing/rules/rule-set.ts";
import type { Handlers } from "./calls.ts";
import type { ApiDeps } from "./deps.ts";
import { activateRules, setExperiment, setShadow } from "./rules/change-rules.ts";
import { checkRules } from "./rules/check-rules.ts";
import { evaluateRules } from "./rules/evaluate-rules.ts";
import { getVersion, listVersions, readRules, stateOf } from "./rules/read-rules.ts";
import { setRules } from "./rules/set-rules.ts";
import { answer } from "./wire/answers.ts";
import { versionOfEtag } from "./wire/if-match.ts";

type RulesHandlers = Pick<
  Handlers,
  | "getRules"
  | "listRulesVersions"
  | "getRulesVersion"
  | "checkRules"
  | "evaluateRules"
  | "putRules"
  | "activateRules"
  | "putRulesShadow"
  | "deleteRulesShadow"
  | "putRulesExperiment"
  | "deleteRulesExperiment"
>;

export function rulesHandlers({ engine }: ApiDeps): RulesHandlers {
  /** What is stored now; this process routes by it at once, others within moments. */
  const changed = async (head: RulesHead, status = 200, more: object = {}): Promise<Response> => {
    engine.routing.forget(head.tenant);
    const view = rulesToView(await stateOf(engine, head));
    return answer(status, { ...view, ...more }, etagOf(head));
  };
  return {
    async getRules({ context }) {
      const state = await readRules(engine, context.tenant);
      return answer(200, rulesToView(state), etagOf(state.head));
    },
    async listRulesVersions({ context, query }) {
      const { versions, ...page } = await listVersions(engine, context.tenant, query);
      return answer(200, { items: versions.map(rulesVersionToItem), ...page });
    },
    async getRulesVersion({ context, params }) {
      const version = await getVersion(engine, context.tenant, params.version, "version");
      return answer(200, rulesVersionToView(version));
    },
    async checkRules({ body }) {
      return answer(200, checkRules(body));
    },
    async evaluateRules({ context, body }) {
      return answer(200, await evaluateRules(engine, context, body));
    },
    async putRules({ context, body, request }) {
      const onlyIfVersion = versionOfEtag(request.headers.get("if-match"), "the rules");
      const { head, version, created } = await setRules(engine, context, body, onlyIfVersion);
      return changed(head, created ? 201 : 200, { version });
    },
    async activateRules({ context, body }) {
      return changed(await activateRules(engine, context, body));
    },
    async putRulesShadow({ context, body }) {
      return changed(await setShadow(engine, context, body.version));
    },
    async deleteRulesShadow({ context }) {
      return changed(await setShadow(engine, context, undefined));
    },
    async putRulesExperiment({ context, body }) {
      return changed(await setExperiment(engine, context, body));
    },
    async deleteRulesExperiment({ context }) {
      return changed(await setExperiment(engine, context, undefined));
    },
  };
}

function etagOf({ latestVersion }: RulesHead): Readonly<Record<string, string>> {
  return { etag: `"${latestVersion}"` };
}
