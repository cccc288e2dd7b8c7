import type * as z from "zod";
import type {
  PortraitView,
  SpreadRequest,
  SpreadView,
} from "../../shared/contract/http/portrait-views.ts";
import type { CallOptions } from "./client.ts";
import { queryOf } from "./listing.ts";
import type { Ask } from "./read-calls.ts";

export interface PortraitFilter {
  /** The next day in minutes (the default), or the next week in steps of ten minutes. */
  readonly hours?: 24 | 168 | undefined;
  readonly group?: string | undefined;
  /** The account's concurrency of Lambda, where it is not what accounts usually have. */
  readonly lambdaConcurrency?: number | undefined;
}

/** A collision of the portrait, or schedules with the jitters they are to have. */
export type SpreadBody = z.input<typeof SpreadRequest>;

/** What all active schedules will do together. */
export interface PortraitClient {
  show(filter?: PortraitFilter, options?: CallOptions): Promise<PortraitView>;
  /** Gives schedules that collide the jitter that is proposed; refused when they were changed since. */
  spread(spread: SpreadBody, options?: CallOptions): Promise<SpreadView>;
}

export function portraitCalls(ask: Ask): PortraitClient {
  return {
    show: ({ hours, group, lambdaConcurrency } = {}, options) => {
      const query = queryOf({
        hours: hours === undefined ? undefined : String(hours),
        group,
        lambdaConcurrency: lambdaConcurrency === undefined ? undefined : String(lambdaConcurrency),
      });
      return ask({ method: "GET", path: `/v1/portrait${query}`, repeatable: true, options });
    },
    spread: (body, options) =>
      ask({
        method: "POST",
        path: "/v1/portrait/spread",
        body,
        // A repeat after a lost answer would find the schedules changed.
        repeatable: body.dryRun === true,
        options,
      }),
  };
}
