import type {
  FunctionVersionView,
  FunctionView,
  RemovedFunctionView,
  TriedFunctionView,
} from "../../shared/contract/http/function-views.ts";
import type { FunctionSpec } from "../../shared/function/function.ts";
import type { CallOptions } from "./client.ts";
import { type Listing, openListing, queryOf } from "./listing.ts";

import { type UploadDeps, uploadPackage } from "./upload-payload.ts";

/** The settings of a function as one writes them; what is left out has defaults. */
export type FunctionSettings = Partial<FunctionSpec>;

/** Deploying functions, and looking after them. */
export interface FunctionCalls {
  /**
   * Uploads a zip file and deploys it. Resolves when the deployment was asked for; with `wait`, when
   * it has an outcome: look at `state`.
   */
  deployFunction(
    name: string,
    zip: Uint8Array<ArrayBuffer>,
    settings?: FunctionSettings,
    options?: CallOptions & { readonly wait?: boolean | undefined },
  ): Promise<FunctionView>;
  /** The deployed functions, by name. */
  functions(options?: CallOptions): Listing<FunctionView>;
  /** A function with the version asked for last. */
  function(name: string, options?: CallOptions): Promise<FunctionView>;
  functionVersions(name: string, options?: CallOptions): Listing<FunctionVersionView>;
  /** Calls the version in force as a task with this input would, and waits for a few seconds. */
  tryFunction(name: string, input?: unknown, options?: CallOptions): Promise<TriedFunctionView>;
  /** Removes what was deployed; `force` although tasks run it. */
  removeFunction(
    name: string,
    options?: CallOptions & { readonly force?: boolean | undefined },
  ): Promise<RemovedFunctionView>;
}

const pollMsFirst = 500;
const pollMsMax = 5_000;

export function functionCalls(deps: UploadDeps): FunctionCalls {
  const { ask, clock } = deps;
  const get = <Answer>(path: string, options: CallOptions | undefined): Promise<Answer> =>
    ask<Answer>({ method: "GET", path, repeatable: true, options });
  return {
    async deployFunction(name, zip, settings = {}, options) {
      const uploaded = await uploadPackage(deps, zip, options);
      let view = await ask<FunctionView>({
        method: "PUT",
        path: functionPath(name),
        body: { ...settings, package: uploaded },
        repeatable: true,
        options,
      });
      let pollMs = pollMsFirst;
      while (options?.wait === true && view.state === "deploying") {
        await clock.sleep(pollMs, options.signal);
        pollMs = Math.min(pollMsMax, pollMs * 1.5);
        view = await get<FunctionView>(functionPath(name), options);
      }
      return view;
    },
    functions: (options) =>
      openListing((cursor) => get(`/v1/functions${queryOf({ cursor })}`, options)),
    function: (name, options) => get(functionPath(name), options),
    functionVersions: (name, options) =>
      openListing((cursor) => get(`${functionPath(name)}/versions${queryOf({ cursor })}`, options)),
    tryFunction: (name, input, options) =>
      ask({
        method: "POST",
        path: `${functionPath(name)}/invoke`,
        body: input === undefined ? {} : { input },
        // What the function does may not be done twice.
        repeatable: false,
        options,
      }),
    removeFunction: (name, options) =>
      ask({
        method: "DELETE",
        path: `${functionPath(name)}${options?.force === true ? "?force=true" : ""}`,
        repeatable: true,
        options,
      }),
  };
}

function functionPath(name: string): `/${string}` {
  return `/v1/functions/${encodeURIComponent(name)}`;
}
