import type * as z from "zod";
import type { WhatIfRequest } from "../../shared/contract/http/comparison-routes.ts";
import type {
  RulesComparisonView,
  StopCheckView,
  WhatIfView,
} from "../../shared/contract/http/comparison-views.ts";
import type { CallOptions } from "./client.ts";
import { queryOf } from "./listing.ts";
import { type Ask, instantText } from "./read-calls.ts";

/** What is to be tried on which stored instances. */
export interface WhatIfQuestion {
  /** Rules, or a stored version; default: the rules in force. */
  readonly rules?: z.input<typeof WhatIfRequest>["rules"];
  /** Instead of the rules' own policy. */
  readonly policy?: z.input<typeof WhatIfRequest>["policy"];
  /** Only instances of this task. */
  readonly task?: string | undefined;
  /** Submitted at this time or later. */
  readonly since: Date | string;
  /** Submitted before this time; default: now. */
  readonly until?: Date | string | undefined;
  /** Instances to read at most. */
  readonly limit?: number | undefined;
}

export interface ComparisonFilter {
  /** Default: seven days ago. */
  readonly since?: Date | string | undefined;
  readonly until?: Date | string | undefined;
  readonly task?: string | undefined;
}

/** What other rules would do, or did. */
export interface ComparisonCalls {
  /** Repeats the decisions of stored instances by other rules or another policy; changes nothing. */
  whatIf(question: WhatIfQuestion, options?: CallOptions): Promise<WhatIfView>;
  /** How rules in shadow and the arms of experiments compare with the rules in force. */
  compare(filter?: ComparisonFilter, options?: CallOptions): Promise<RulesComparisonView>;
  /** Ends the running experiment if its candidate is clearly worse. */
  stopWorseExperiment(options?: CallOptions): Promise<StopCheckView>;
}

export function comparisonCalls(ask: Ask): ComparisonCalls {
  return {
    whatIf: ({ since, until, ...question }, options) =>
      ask({
        method: "POST",
        path: "/v1/rules/what-if",
        body: { ...question, since: instantText(since), until: instantText(until) },
        repeatable: true,
        options,
      }),
    compare: ({ since, until, task } = {}, options) =>
      ask({
        method: "GET",
        path: `/v1/rules/comparison${queryOf({ since: instantText(since), until: instantText(until), task })}`,
        repeatable: true,
        options,
      }),
    stopWorseExperiment: (options) =>
      ask({
        method: "POST",
        path: "/v1/rules/experiment/stop-if-worse",
        repeatable: true,
        options,
      }),
  };
}
