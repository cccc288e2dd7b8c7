import { triggerToView } from "../../shared/contract/http/trigger-views.ts";
import type { JsonValue } from "../../shared/core/json.ts";
import {
  deleteTrigger,
  getTrigger,
  listTriggers,
  pauseTrigger,
  resumeTrigger,
} from "../triggers/change-trigger.ts";
import { defineTrigger } from "../triggers/define-trigger.ts";
import { putEvents } from "../triggers/put-events.ts";
import { testPattern } from "../triggers/test-pattern.ts";
import type { Handlers } from "./calls.ts";
import type { ApiDeps } from "./deps.ts";
import { answer } from "./wire/answers.ts";

type TriggerHandlers = Pick<
  Handlers,
  | "defineTrigger"
  | "listTriggers"
  | "getTrigger"
  | "deleteTrigger"
  | "pauseTrigger"
  | "resumeTrigger"
  | "testPattern"
  | "putEvents"
>;

export function triggerHandlers({ engine, allowLoopbackOnly = false }: ApiDeps): TriggerHandlers {
  return {
    async defineTrigger({ context, params, body }) {
      const { trigger, created } = await defineTrigger(engine, context, params.name, body);
      const view = triggerToView(trigger);
      return answer(created ? 201 : 200, view, created ? { location: view.links.self } : {});
    },
    async listTriggers({ context, query }) {
      const { triggers, ...page } = await listTriggers(engine, context.tenant, query);
      return answer(200, { items: triggers.map(triggerToView), ...page });
    },
    async getTrigger({ context, params }) {
      return answer(
        200,
        triggerToView(await getTrigger(engine.store, context.tenant, params.name)),
      );
    },
    async deleteTrigger({ context, params }) {
      await deleteTrigger(engine, context, params.name);
      return answer(200, { deleted: true });
    },
    async pauseTrigger({ context, params, body }) {
      return answer(
        200,
        triggerToView(await pauseTrigger(engine, context, params.name, body.reason)),
      );
    },
    async resumeTrigger({ context, params }) {
      return answer(200, triggerToView(await resumeTrigger(engine, context, params.name)));
    },
    async testPattern({ body }) {
      return answer(200, testPattern(body));
    },
    async putEvents({ context, body, request }) {
      const items = await putEvents(engine, context, body as JsonValue, {
        headers: new Map(request.headers),
        takesAwsNotifications: allowLoopbackOnly,
      });
      return answer(200, { items });
    },
  };
}
