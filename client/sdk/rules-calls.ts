import type * as z from "zod";
import type {
  CheckedRulesView,
  CheckRules,
  EvaluateRules,
  EvaluationView,
  PutRulesView,
  RulesVersionItem,
  RulesVersionView,
  RulesView,
} from "../../shared/contract/http/rules-views.ts";
import type { RuleSetSpec } from "../../shared/routing/rules/rule-set.ts";
import type { CallOptions } from "./client.ts";
import { type ComparisonCalls, comparisonCalls } from "./comparison-calls.ts";
import { type Listing, openListing, queryOf } from "./listing.ts";
import type { Ask } from "./read-calls.ts";

/** A rule set as one writes it; what is left out has defaults. */
export type RuleSetBody = z.input<typeof RuleSetSpec>;

/** The rules that decide where tasks run. */
export interface RulesClient extends ComparisonCalls {
  /** The rules in force, and what is tried beside them. */
  show(options?: CallOptions): Promise<RulesView>;
  /** All versions, newest first. */
  versions(options?: CallOptions): Listing<RulesVersionItem>;
  version(version: number, options?: CallOptions): Promise<RulesVersionView>;
  /** Keeps rules as a version and, unless `activate` is false, brings them into force. */
  set(
    rules: RuleSetBody,
    options?: CallOptions & {
      readonly note?: string | undefined;
      readonly activate?: boolean | undefined;
    },
  ): Promise<PutRulesView>;
  /** The canonical form of a condition, a rule set or its text form, or every mistake in it. */
  check(what: z.input<typeof CheckRules>, options?: CallOptions): Promise<CheckedRulesView>;
  /** What the rules make of features or of a submission; nothing is submitted. */
  evaluate(what: z.input<typeof EvaluateRules>, options?: CallOptions): Promise<EvaluationView>;
  /** Brings a version into force; 0 is what is shipped. */
  activate(
    version: number,
    options?: CallOptions & { readonly reason?: string | undefined },
  ): Promise<RulesView>;
  /** Lets a version decide in shadow; undefined ends that. */
  shadow(version: number | undefined, options?: CallOptions): Promise<RulesView>;
  /** Tries a version on a share of the instances; undefined ends that. */
  experiment(
    experiment: { readonly candidateVersion: number; readonly percent: number } | undefined,
    options?: CallOptions,
  ): Promise<RulesView>;
}

/** All of them may be sent twice: setting the same thing again changes nothing. */
export function rulesCalls(ask: Ask): RulesClient {
  const call = <Answer>(
    method: "GET" | "PUT" | "POST" | "DELETE",
    path: string,
    body: object | undefined,
    options: CallOptions | undefined,
  ): Promise<Answer> =>
    ask<Answer>({
      method,
      path: `/v1/rules${path}`,
      ...(body === undefined ? {} : { body }),
      repeatable: true,
      options,
    });
  return {
    ...comparisonCalls(ask),
    show: (options) => call("GET", "", undefined, options),
    versions: (options) =>
      openListing((cursor) => call("GET", `/versions${queryOf({ cursor })}`, undefined, options)),
    version: (version, options) => call("GET", `/versions/${version}`, undefined, options),
    set: (rules, options) => {
      const { note, activate } = options ?? {};
      return call("PUT", "", { ...rules, note, activate }, options);
    },
    check: (what, options) => call("POST", "/check", what, options),
    evaluate: (what, options) => call("POST", "/evaluate", what, options),
    activate: (version, options) =>
      call("POST", "/activate", { version, reason: options?.reason }, options),
    shadow: (version, options) =>
      version === undefined
        ? call("DELETE", "/shadow", undefined, options)
        : call("PUT", "/shadow", { version }, options),
    experiment: (experiment, options) =>
      experiment === undefined
        ? call("DELETE", "/experiment", undefined, options)
        : call("PUT", "/experiment", experiment, options),
  };
}
