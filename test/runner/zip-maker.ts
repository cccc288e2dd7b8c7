import { createHash } from "node:crypto";
import { type Zippable, zipSync } from "fflate";
import type { PackageOrder } from "../../shared/contract/http/work.ts";

/** A zip file with these texts. */
export function zipOf(files: Readonly<Record<string, string>>): Uint8Array {
  const entries: Zippable = {};
  for (const [name, text] of Object.entries(files)) entries[name] = new TextEncoder().encode(text);
  return zipSync(entries);
}

/** The order for a package that is to be had at a URL. */
export function packageOrder(
  zip: Uint8Array,
  url: string,
  more: Partial<PackageOrder> = {},
): PackageOrder {
  return {
    url,
    bytes: zip.byteLength,
    sha256: createHash("sha256").update(zip).digest("hex"),
    runtime: "nodejs24.x",
    handler: "index.handler",
    environment: {},
    ...more,
  };
}
