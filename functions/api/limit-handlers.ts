import { groupToView, tenantToView } from "../../shared/contract/http/group-views.ts";
import { holderToView, limitToView } from "../../shared/contract/http/limit-views.ts";
import type { TenantSettings } from "../../shared/group/group.ts";
import { useOfTenant } from "../groups/group-use.ts";
import { cancelRunning } from "../limits/cancel-running.ts";
import { defineLimit, deleteLimit } from "../limits/define-limit.ts";
import { getLimit } from "../limits/limit-records.ts";
import { pauseGroup, resumeGroup, resumeTenant, stopTenant } from "../limits/pauses.ts";
import { listHolders, listLimits, useOfLimit } from "../limits/read-limits.ts";
import type { Handlers } from "./calls.ts";
import type { ApiDeps } from "./deps.ts";
import { answer } from "./wire/answers.ts";

type LimitHandlers = Pick<
  Handlers,
  | "defineLimit"
  | "listLimits"
  | "getLimit"
  | "deleteLimit"
  | "listLimitHolders"
  | "pauseGroup"
  | "resumeGroup"
  | "pauseTenant"
  | "resumeTenant"
  | "switchOffTenant"
>;

export function limitHandlers({ engine }: ApiDeps): LimitHandlers {
  const tenantAnswer = async (settings: TenantSettings): Promise<Response> => {
    const { tenant, spec } = settings;
    return answer(200, tenantToView(tenant, settings, await useOfTenant(engine, tenant, spec)));
  };
  return {
    async defineLimit({ context, params, body }) {
      const { limit, created } = await defineLimit(engine, context, params.name, body);
      const view = limitToView(limit);
      return answer(created ? 201 : 200, view, created ? { location: view.links.self } : {});
    },
    async listLimits({ context, query }) {
      const { limits, ...page } = await listLimits(engine, context.tenant, query);
      return answer(200, { items: limits.map((limit) => limitToView(limit)), ...page });
    },
    async getLimit({ context, params, query }) {
      const { limit } = await getLimit(engine.store, context.tenant, params.name);
      return answer(200, limitToView(limit, await useOfLimit(engine, limit, query.key)));
    },
    async deleteLimit({ context, params }) {
      await deleteLimit(engine, context, params.name);
      return answer(200, { deleted: true });
    },
    async listLimitHolders({ context, params, query }) {
      const { holders, ...page } = await listHolders(engine, context.tenant, params.name, query);
      return answer(200, { items: holders.map(holderToView), ...page });
    },
    async pauseGroup({ context, params, body }) {
      return answer(200, groupToView(await pauseGroup(engine, context, params.name, body.reason)));
    },
    async resumeGroup({ context, params, body }) {
      return answer(200, groupToView(await resumeGroup(engine, context, params.name, body.reason)));
    },
    async pauseTenant({ context, body }) {
      return tenantAnswer(await stopTenant(engine, context, "paused", body.reason));
    },
    async resumeTenant({ context, body }) {
      return tenantAnswer(await resumeTenant(engine, context, body.reason));
    },
    async switchOffTenant({ context, body }) {
      const { reason, cancelRunning: cancels } = body;
      const settings = await stopTenant(engine, context, "off", reason);
      const { tenant, stopped } = tenantToView(context.tenant, settings, {});
      const done = cancels
        ? await cancelRunning(engine, context, reason ?? "everything was switched off")
        : { cancelled: 0, complete: true };
      return answer(200, { tenant, stopped, ...done });
    },
  };
}
