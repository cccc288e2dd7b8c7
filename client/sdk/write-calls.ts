import type { SwitchyardClient } from "./client.ts";
import { pagesOf } from "./listing.ts";
import { type Ask, instancePath, instantText, taskPath } from "./read-calls.ts";

type WriteCalls = Pick<
  SwitchyardClient,
  "cancel" | "retry" | "define" | "pause" | "resume" | "purge"
>;

/** The calls that change something, besides submitting. */
export function writeCalls(ask: Ask): WriteCalls {
  return {
    cancel: (id, options) =>
      ask({
        method: "POST",
        path: `${instancePath(id)}/cancel`,
        body: reasonBody(options),
        repeatable: true,
        options,
      }),
    retry: (id, options) =>
      ask({
        method: "POST",
        path: `${instancePath(id)}/retry`,
        body: reasonBody(options),
        // A second round could start where the first one has ended already.
        repeatable: false,
        options,
      }),
    define: (name, definition, options) =>
      ask({ method: "PUT", path: taskPath(name), body: definition, repeatable: true, options }),
    pause: (name, options) =>
      ask({
        method: "POST",
        path: `${taskPath(name)}/pause`,
        body: reasonBody(options),
        repeatable: true,
        options,
      }),
    resume: (name, options) =>
      ask({
        method: "POST",
        path: `${taskPath(name)}/resume`,
        body: reasonBody(options),
        repeatable: true,
        options,
      }),
    purge: ({ before, states, task }, options) =>
      pagesOf((cursor) =>
        ask({
          method: "POST",
          path: "/v1/instances/purge",
          body: { before: instantText(before), states, task, cursor },
          repeatable: true,
          options,
        }),
      ),
  };
}

function reasonBody(options: { readonly reason?: string | undefined } | undefined): object {
  return options?.reason === undefined ? {} : { reason: options.reason };
}
