import { isPackageId, isPackageUpload } from "../core/payload-ref.ts";

/** How keys in the bucket begin: what begins alike is kept for equally long, by the same rule. */
export const payloadPrefixes = {
  /** Inputs and outputs: by age, after the longest time for which an instance can refer to them. */
  instances: "T/",
  /** Packages as they were uploaded: for some days, in which they are deployed or never will be. */
  packageUploads: "U/",
  /** Packages of deployed versions: until their function is removed, and by no rule of age. */
  packages: "P/",
} as const;

/** Where the bucket has a payload: each tenant's below its own name. */
export function payloadKey(tenant: string, id: string): string {
  return `${prefixOf(id)}${tenant}/${id}`;
}

function prefixOf(id: string): string {
  if (isPackageId(id)) return payloadPrefixes.packages;
  return isPackageUpload(id) ? payloadPrefixes.packageUploads : payloadPrefixes.instances;
}
