import { isoTime } from "../../shared/contract/http/iso-time.ts";
import {
  type ComponentState,
  componentStates,
} from "../../shared/contract/http/operation-views.ts";
import { switchyardVersion } from "../../shared/contract/http/version.ts";
import type { Handlers } from "./calls.ts";
import type { ApiDeps } from "./deps.ts";
import { examineInstances } from "./instances/examine-instances.ts";
import { openApiText } from "./reference/openapi.ts";
import { errorsPage, referencePage } from "./reference/pages.ts";
import { answer, answerPage, answerText } from "./wire/answers.ts";

type OperationHandlers = Pick<
  Handlers,
  "examineInstances" | "getHealth" | "getOpenApi" | "getDocs" | "getErrorDocs"
>;

export function operationHandlers({ engine, health }: ApiDeps): OperationHandlers {
  return {
    async examineInstances({ context, query }) {
      return answer(200, await examineInstances(engine, context.tenant, query));
    },
    async getHealth() {
      const components = await health();
      const status = worstOf(Object.values(components).map(({ state }) => state));
      return answer(status === "down" ? 503 : 200, {
        status,
        version: switchyardVersion,
        now: isoTime(engine.clock.now()),
        components,
      });
    },
    async getOpenApi() {
      return answerText(200, openApiText());
    },
    async getDocs() {
      const { html, styleHash } = referencePage();
      return answerPage(html, styleHash);
    },
    async getErrorDocs() {
      const { html, styleHash } = errorsPage();
      return answerPage(html, styleHash);
    },
  };
}

function worstOf(states: readonly ComponentState[]): ComponentState {
  return (
    componentStates[Math.max(0, ...states.map((state) => componentStates.indexOf(state)))] ?? "ok"
  );
}
