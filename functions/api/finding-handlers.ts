import { findingToView } from "../../shared/contract/http/finding-views.ts";
import { acknowledgeFinding, listFindings } from "../findings/read-findings.ts";
import type { Handlers } from "./calls.ts";
import type { ApiDeps } from "./deps.ts";
import { answer } from "./wire/answers.ts";

type FindingHandlers = Pick<Handlers, "listFindings" | "acknowledgeFinding">;

export function findingHandlers({ engine }: ApiDeps): FindingHandlers {
  return {
    async listFindings({ context, query }) {
      const { findings, next } = await listFindings(engine, context.tenant, query);
      return answer(200, { items: findings.map(findingToView), ...next });
    },
    async acknowledgeFinding({ context, params, body }) {
      return answer(200, findingToView(await acknowledgeFinding(engine, context, params.id, body)));
    },
  };
}
