import { RejectionError } from "../../../shared/core/errors.ts";

/** The version that If-Match demands, if it demands one. */
export function versionOfEtag(ifMatch: string | null, of: string): number | undefined {
  if (ifMatch === null) return undefined;
  const found = /^"(\d{1,8})"$/.exec(ifMatch.trim());
  if (found !== null) return Number(found[1]);
  throw new RejectionError({
    code: "invalid_field",
    detail: `If-Match is not an ETag of ${of}`,
    pointer: "If-Match",
    suggestion: `send the ETag of ${of} as it was read, for example "3"`,
  });
}
