import {
  functionToView,
  functionVersionToView,
} from "../../shared/contract/http/function-to-view.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import type { Deployer } from "../../shared/ports/deployer.ts";
import type { Payloads } from "../../shared/ports/payloads.ts";
import { putFunction } from "../functions-registry/put-function.ts";
import {
  getFunction,
  listFunctions,
  listFunctionVersions,
} from "../functions-registry/read-functions.ts";
import { removeFunction } from "../functions-registry/remove-function.ts";
import { tryFunction } from "../functions-registry/try-function.ts";
import type { Handlers } from "./calls.ts";
import type { ApiDeps } from "./deps.ts";
import { answer } from "./wire/answers.ts";

type FunctionHandlers = Pick<
  Handlers,
  | "putFunction"
  | "listFunctions"
  | "getFunction"
  | "listFunctionVersions"
  | "invokeFunction"
  | "removeFunction"
>;

export function functionHandlers(deps: ApiDeps): FunctionHandlers {
  const { engine } = deps;
  const now = () => engine.clock.now();
  return {
    async putFunction({ context, params, body }) {
      const deploying = {
        engine,
        payloads: needed(engine.payloads, "keeps no payloads"),
        deployer: deployerOf(deps),
      };
      const { head, version, asked } = await putFunction(deploying, context, params.name, body);
      const view = functionToView(head, version, now());
      return answer(asked ? 202 : 200, view, asked ? { location: view.links.self } : {});
    },
    async listFunctions({ context, query }) {
      const { functions, ...page } = await listFunctions(engine, context.tenant, query);
      const items = functions.map(({ head, version }) => functionToView(head, version, now()));
      return answer(200, { items, ...page });
    },
    async getFunction({ context, params }) {
      const { head, version } = await getFunction(engine, context.tenant, params.name);
      return answer(200, functionToView(head, version, now()));
    },
    async listFunctionVersions({ context, params, query }) {
      const { tenant } = context;
      const { versions, ...page } = await listFunctionVersions(engine, tenant, params.name, query);
      const items = versions.map((version) => functionVersionToView(version, now()));
      return answer(200, { items, ...page });
    },
    async invokeFunction({ context, params, body }) {
      const deployer = deployerOf(deps);
      const event = body.input ?? {};
      const tried = await tryFunction(engine, deployer, context.tenant, params.name, event);
      return answer(200, { digest: tried.digest, ...tried.said });
    },
    async removeFunction({ context, params, query }) {
      const { name } = params;
      const force = query.force === "true";
      await removeFunction(engine, deployerOf(deps), context.tenant, name, force);
      return answer(200, { name, removed: true });
    },
  };
}

function deployerOf({ deployer }: ApiDeps): Deployer {
  return needed(deployer, "has nobody who may deploy");
}

function needed<Part extends Deployer | Payloads>(part: Part | undefined, lack: string): Part {
  if (part !== undefined) return part;
  throw new RejectionError({
    code: "unavailable",
    detail: `this host ${lack}, so no function can be deployed here`,
    suggestion: "see docs/deploy.md for the options that switch it on",
  });
}
