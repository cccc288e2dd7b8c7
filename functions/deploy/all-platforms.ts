import type { FunctionPlatform } from "../../shared/ports/function-platform.ts";

/**
 * Deploys to one platform and to others beside it: a version is in force when all of them have it,
 * so that routing may choose among them. What the first one says counts for everything else.
 */
export function allPlatforms(
  first: FunctionPlatform,
  others: readonly FunctionPlatform[],
): FunctionPlatform {
  if (others.length === 0) return first;
  return {
    name: [first, ...others].map(({ name }) => name).join("+"),
    async deploy(version, packageBytes) {
      const deployed = await first.deploy(version, packageBytes);
      if (deployed.outcome === "refused") return deployed;
      for (const other of others) {
        const also = await other.deploy(version, packageBytes);
        if (also.outcome === "refused") {
          return { outcome: "refused", reason: `${other.name}: ${also.reason}` };
        }
      }
      return deployed;
    },
    status: (version) => first.status(version),
    invoke: (version, event) => first.invoke(version, event),
    async remove(tenant, name) {
      let removed = await first.remove(tenant, name);
      for (const other of others) removed = (await other.remove(tenant, name)) || removed;
      return removed;
    },
  };
}
