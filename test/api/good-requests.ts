import type { RouteSpec } from "../../shared/contract/http/route-spec.ts";
import { type OperationId, routes } from "../../shared/contract/http/routes.ts";
import { goodFindingParts } from "./good-finding-requests.ts";
import { goodFunctionParts } from "./good-function-requests.ts";
import { goodGroupParts } from "./good-group-requests.ts";
import { goodLimitParts } from "./good-limit-requests.ts";
import { goodPoolParts } from "./good-pool-requests.ts";
import { goodScheduleParts } from "./good-schedule-requests.ts";
import { goodWebhookParts } from "./good-webhook-requests.ts";
import { submit, type Yard } from "./yard.ts";

const keptRules = {
  rules: [{ name: "kept", when: "stateful = true", type: "edge" }],
  activate: false,
};
/** These need a version of the rules that is not in force. */
const rulesOperations: readonly OperationId[] = [
  "getRulesVersion",
  "activateRules",
  "putRulesShadow",
  "putRulesExperiment",
];

/** These need a calendar. */
const calendarOperations: readonly OperationId[] = [
  "getCalendar",
  "listCalendarDays",
  "deleteCalendar",
];

/** These need a trigger. */
const triggerOperations: readonly OperationId[] = [
  "getTrigger",
  "deleteTrigger",
  "pauseTrigger",
  "resumeTrigger",
];
const goodTrigger = { pattern: { source: ["shop"] }, task: "hello" };

/** A request that the operation takes, in a yard that has the task "hello". */
export async function goodRequest(yard: Yard, id: OperationId) {
  const instanceId = await submit(yard, { task: "hello", delaySeconds: 60, input: "hi" });
  if (id === "retryInstance") await yard.call("POST", `/v1/instances/${instanceId}/cancel`);
  const route: RouteSpec = routes[id];
  const pool = await goodPoolParts(yard, id);
  const group = await goodGroupParts(yard, id);
  const limit = await goodLimitParts(yard, id);
  const schedule = await goodScheduleParts(yard, id);
  const webhook = (await goodWebhookParts(yard, id)) ?? (await goodFindingParts(yard, id));
  const path = route.path
    .replace("{name}", "hello")
    .replace("{version}", "1")
    .replace("{worker}", pool?.worker ?? "")
    .replace("{budget}", "tenant")
    .replace("{id}", pool?.id ?? group?.id ?? webhook?.id ?? schedule?.id ?? instanceId);
  if (id === "getInstanceOutput") await finishWithOutput(yard, instanceId);
  if (rulesOperations.includes(id)) await yard.call("PUT", "/v1/rules", { body: keptRules });
  if (calendarOperations.includes(id)) await yard.call("PUT", "/v1/calendars/hello", { body: {} });
  if (triggerOperations.includes(id)) {
    await yard.call("PUT", "/v1/triggers/hello", { body: goodTrigger });
  }
  const bodies: Partial<Record<OperationId, unknown>> = {
    defineTrigger: goodTrigger,
    testPattern: { pattern: goodTrigger.pattern, event: { source: "shop" } },
    putEvents: { entries: [{ source: "shop", detailType: "Sold", detail: {} }] },
    defineTask: { run: { function: { module: "other.mjs" } } },
    submitInstance: { task: "hello" },
    submitInstances: { items: [{ task: "hello" }] },
    lookupInstances: { ids: [instanceId] },
    createPayload: { bytes: 5 },
    purgeInstances: { before: "2026-11-20T09:00:00Z" },
    checkRules: { when: "stateful = true" },
    evaluateRules: { features: { stateful: true } },
    putRules: { ...keptRules, name: "mine" },
    activateRules: { version: 1 },
    putRulesShadow: { version: 1 },
    putRulesExperiment: { candidateVersion: 1, percent: 10 },
    defineCalendar: { weekend: ["SUN"] },
    previewSchedule: { expression: "cron(30 2 * * ? *)" },
    tryRules: { since: "2026-11-20T08:00:00Z" },
  };
  const deployed = await goodFunctionParts(yard, id);
  const body =
    schedule?.body ??
    pool?.body ??
    limit?.body ??
    group?.body ??
    webhook?.body ??
    deployed?.body ??
    bodies[id];
  return { method: route.method.toUpperCase(), path, ...(body === undefined ? {} : { body }) };
}

async function finishWithOutput(yard: Yard, instanceId: string): Promise<void> {
  yard.now += 60_000;
  yard.hints.push({ tenant: "acme", instanceId, priority: 5 });
  await yard.dispatch();
  await yard.report(instanceId, { kind: "succeeded", output: "done" });
}
