import * as z from "zod";
import {
  DoctorView,
  HealthView,
  TaskStatsView,
} from "../../../shared/contract/http/operation-views.ts";
import { PlacementView } from "../../../shared/contract/http/placement-views.ts";
import { ReceiptView, RoutingView } from "../../../shared/contract/http/receipt-views.ts";
import { Lookup, PauseAction, Purge } from "../../../shared/contract/http/requests.ts";
import type { RouteSpec } from "../../../shared/contract/http/route-spec.ts";
import { operationIds, routes } from "../../../shared/contract/http/routes.ts";
import {
  CheckedRulesView,
  EvaluationView,
  RulesVersionView,
  RulesView,
} from "../../../shared/contract/http/rules-views.ts";
import * as views from "../../../shared/contract/http/views.ts";
import { WhyView } from "../../../shared/contract/http/why-views.ts";
import {
  BatchSubmission,
  InstanceAction,
  Submission,
} from "../../../shared/instance/submission.ts";
import { RoutingRule, RuleSetSpec } from "../../../shared/routing/rules/rule-set.ts";
import { RetryPolicy } from "../../../shared/task/retry-policy.ts";
import { TaskSpec } from "../../../shared/task/task.ts";

/** A JSON Schema of the 2020-12 draft, as OpenAPI 3.1 takes it. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly (string | number | boolean)[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly default?: unknown;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
}

const componentPrefix = "#/components/schemas/";

const named: Readonly<Record<string, z.ZodType>> = {
  Problem: views.Problem,
  Instance: views.InstanceView,
  Attempt: views.AttemptView,
  Error: views.ErrorView,
  Usage: views.UsageView,
  Task: views.TaskView,
  TaskVersion: views.TaskVersionView,
  TaskSpec,
  RetryPolicy,
  Submission,
  BatchSubmission,
  InstanceAction,
  TaskAction: PauseAction,
  Lookup,
  Purge,
  History: views.HistoryView,
  HistoryEntry: views.HistoryEntryView,
  Routing: RoutingView,
  Receipt: ReceiptView,
  Placement: PlacementView,
  RoutingRule,
  RuleSet: RuleSetSpec,
  Rules: RulesView,
  RulesVersion: RulesVersionView,
  CheckedRules: CheckedRulesView,
  Evaluation: EvaluationView,
  Why: WhyView,
  Logs: views.LogsView,
  BatchAnswer: views.BatchAnswer,
  DryRunAnswer: views.DryRunAnswer,
  LookupAnswer: views.LookupAnswer,
  PurgeAnswer: views.PurgeAnswer,
  TaskStats: TaskStatsView,
  Doctor: DoctorView,
  Health: HealthView,
};

/** Every schema of bodies and answers by name; what has no name of its own gets its operation's. */
export class SchemaBook {
  readonly components: Readonly<Record<string, JsonSchema>>;
  readonly #names = new Map<z.ZodType, string>();

  constructor() {
    for (const [name, schema] of Object.entries(named)) this.#names.set(schema, name);
    for (const id of operationIds) {
      const { body, answers }: RouteSpec = routes[id];
      const title = id[0]?.toUpperCase() + id.slice(1);
      if (body !== undefined) this.#add(body.schema, `${title}Body`);
      for (const { schema } of Object.values(answers)) {
        if (schema !== undefined) this.#add(schema, `${title}Answer`);
      }
    }
    const registry = z.registry<{ id: string }>();
    for (const [schema, name] of this.#names) registry.add(schema, { id: name });
    const { schemas } = z.toJSONSchema(registry, {
      io: "input",
      unrepresentable: "any",
      uri: (name) => componentPrefix + name,
    });
    this.components = Object.fromEntries(
      Object.entries(schemas)
        .filter(([name]) => name !== "__shared")
        .map(([name, schema]) => [name, tidied(schema)]),
    );
  }

  ref(schema: z.ZodType): JsonSchema {
    return { $ref: componentPrefix + (this.#names.get(schema) ?? "") };
  }

  #add(schema: z.ZodType, name: string): void {
    if (!this.#names.has(schema)) this.#names.set(schema, name);
  }
}

/** The fields of a query string or path, as handlers get them. */
export function parameterSchemas(schema: z.ZodObject): JsonSchema {
  return tidied(z.toJSONSchema(schema, { io: "output", unrepresentable: "any" }));
}

/** The name behind a reference to a component. */
export function componentOf(ref: string): string {
  return ref.slice(componentPrefix.length);
}

/** Drops what says nothing to a reader: dialects, date patterns, the bounds of all numbers. */
function tidied(schema: unknown): JsonSchema {
  // The generator's output is JSON Schema by its contract.
  return tidy(schema) as JsonSchema;
}

function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const isDate = entries.some(([key, of]) => key === "format" && of === "date-time");
  const reference = entries.find(([key]) => key === "$ref")?.[1];
  // Any JSON is the one schema that refers to itself.
  if (typeof reference === "string" && reference.includes("__shared")) {
    return { description: "Any JSON value." };
  }
  const kept = entries.filter(
    ([key, of]) =>
      key !== "$schema" &&
      key !== "$id" &&
      !(key === "pattern" && isDate) &&
      !(key === "maximum" && of === Number.MAX_SAFE_INTEGER) &&
      !(key === "minimum" && of === Number.MIN_SAFE_INTEGER) &&
      !(key === "propertyNames" && Object.keys(of).join() === "type"),
  );
  return Object.fromEntries(kept.map(([key, of]) => [key, tidy(of)]));
}
