import { groupToView, tenantToView } from "../../shared/contract/http/group-views.ts";
import { instancePath, instanceToView } from "../../shared/contract/http/instance-to-view.ts";
import {
  defineGroup,
  deleteGroup,
  getGroup,
  listGroups,
  setTenantBounds,
} from "../groups/define-group.ts";
import { loadTenantSettings } from "../groups/group-records.ts";
import { idleHoursOf, useOfGroup, useOfTenant } from "../groups/group-use.ts";
import { getBudget, listBudgets } from "../groups/read-budgets.ts";
import { approveInstance } from "../submission/act-on-instance.ts";
import type { Handlers } from "./calls.ts";
import type { ApiDeps } from "./deps.ts";
import { answer } from "./wire/answers.ts";

type GroupHandlers = Pick<
  Handlers,
  | "defineGroup"
  | "listGroups"
  | "getGroup"
  | "deleteGroup"
  | "getTenant"
  | "putTenant"
  | "listBudgets"
  | "getBudget"
  | "approveInstance"
>;

export function groupHandlers({ engine }: ApiDeps): GroupHandlers {
  return {
    async defineGroup({ context, params, body }) {
      const { group, created } = await defineGroup(engine, context, params.name, body);
      const view = groupToView(group);
      return answer(created ? 201 : 200, view, created ? { location: view.links.self } : {});
    },
    async listGroups({ context, query }) {
      const { groups, ...page } = await listGroups(engine, context.tenant, query);
      return answer(200, { items: groups.map((group) => groupToView(group)), ...page });
    },
    async getGroup({ context, params }) {
      const { tenant } = context;
      const group = await getGroup(engine.store, tenant, params.name);
      const [use, idle] = await Promise.all([
        useOfGroup(engine, tenant, group.name, group.spec),
        idleHoursOf(engine, tenant, group.name),
      ]);
      return answer(200, groupToView(group, { use, idle }));
    },
    async deleteGroup({ context, params }) {
      await deleteGroup(engine, context, params.name);
      return answer(200, { deleted: true });
    },
    async getTenant({ context: { tenant } }) {
      const settings = (await loadTenantSettings(engine.store, tenant))?.body;
      const use = await useOfTenant(engine, tenant, settings?.spec ?? {});
      return answer(200, tenantToView(tenant, settings, use));
    },
    async putTenant({ context, body }) {
      const settings = await setTenantBounds(engine, context, body);
      const use = await useOfTenant(engine, context.tenant, settings.spec);
      return answer(200, tenantToView(context.tenant, settings, use));
    },
    async listBudgets({ context, query }) {
      const { budgets, ...page } = await listBudgets(engine, context.tenant, query);
      return answer(200, { items: budgets, ...page });
    },
    async getBudget({ context, params, query }) {
      return answer(200, await getBudget(engine, context.tenant, params.budget, query.days));
    },
    async approveInstance({ context, params, body }) {
      const instance = await approveInstance(engine, context, params.id, body.reason);
      return answer(202, instanceToView(instance), { location: instancePath(instance.id) });
    },
  };
}
