const namePrefix = "job-";
/** What Lambda takes as the name of a function. */
const nameCharsMax = 64;
const hashChars = 16;

/**
 * The name of a deployed function on its cloud: `job-<tenant>-<function>`. Where that would be too
 * long, or could also be read as another tenant's, the end is a hash of both instead; no plain name
 * has two hyphens at the beginning.
 */
export function lambdaNameOf(tenant: string, name: string): string {
  const plain = `${namePrefix}${tenant}-${name}`;
  if (!tenant.includes("-") && plain.length <= nameCharsMax) return plain;
  const readableChars = nameCharsMax - namePrefix.length - 2 - hashChars;
  const readable = `${tenant}-${name}`.slice(0, readableChars);
  return `${namePrefix}-${readable}-${hashText(`${tenant}#${name}`)}`;
}

/** The alias under which one version of a deployed function is called; it never moves. */
export function lambdaAliasOf(digest: string): string {
  return `h-${digest.slice(0, 16)}`;
}

/** FNV-1a over 64 bits. Not against malice: owners are told apart by their tags. */
function hashText(text: string): string {
  const prime = 0x100000001b3n;
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * prime);
  }
  return hash.toString(16).padStart(hashChars, "0");
}

/**
 * The name of one version of a deployed function on a cloud that cannot change a function only if it
 * is still the one that was looked at: there each version is a function of its own.
 */
export function versionNameOf(tenant: string, name: string, digest: string): string {
  return `${versionPrefixOf(tenant, name)}${digest.slice(0, 16)}`;
}

/** What the names of all versions of a function start with. */
export function versionPrefixOf(tenant: string, name: string): string {
  const plain = lambdaNameOf(tenant, name);
  const prefixCharsMax = nameCharsMax - 16;
  if (plain.length + 2 <= prefixCharsMax) return `${plain}--`;
  const readable = plain.slice(0, prefixCharsMax - 3 - hashChars);
  return `${readable}-${hashText(`${tenant}#${name}`)}--`;
}
