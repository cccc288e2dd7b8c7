import type { Ids } from "../../shared/ports/clock.ts";
import type { Deployer } from "../../shared/ports/deployer.ts";
import { type DeployDeps, deployFunction } from "./deploy-function.ts";
import { removeFunction } from "./remove-function.ts";
import { tryFunction } from "./try-function.ts";

/** Deploys in this very process: for hosts that may do everything anyway. */
export function openLocalDeployer(deps: DeployDeps & { readonly ids: Ids }): Deployer {
  return {
    async request(tenant, name, digest) {
      try {
        await deployFunction(deps, tenant, name, digest);
      } catch (error) {
        deps.log.warn("deployment broke off; it is asked for again", {
          function: name,
          digest,
          cause: error instanceof Error ? error.message : String(error),
        });
      }
    },
    tryOut: (tenant, name, digest, event) => tryFunction(deps, tenant, name, digest, event),
    remove: (tenant, name) => removeFunction(deps, tenant, name),
  };
}
