import { stableHash } from "../core/stable-hash.ts";

/** What EventBridge takes as the name of a schedule or a rule. */
const nameCharsMax = 64;
const hashChars = 16;

/**
 * The name under which a record is known outside: `<prefix><tenant>.<name>`, from which both can be
 * read again, because neither holds a dot. Where that would be too long, the end is a hash of both
 * behind two dots.
 */
export function mirrorNameOf(tenant: string, name: string, prefix = ""): string {
  const plain = `${prefix}${tenant}.${name}`;
  if (plain.length <= nameCharsMax) return plain;
  const readable = plain.slice(0, nameCharsMax - 2 - hashChars);
  return `${readable}..${stableHash(`${tenant}#${name}`, hashChars / 8)}`;
}

/** Whose record a name stands for; undefined for shortened names and for names of somebody else. */
export function recordOfMirrorName(
  mirrorName: string,
  prefix = "",
): { readonly tenant: string; readonly name: string } | undefined {
  if (!mirrorName.startsWith(prefix)) return undefined;
  const [tenant = "", name = "", ...rest] = mirrorName.slice(prefix.length).split(".");
  return tenant === "" || name === "" || rest.length > 0 ? undefined : { tenant, name };
}
