/**
 * Compares as EventBridge does: each character of the wanted text stands for its lower and its upper
 * form, of whatever length these are.
 */
export function forms(wanted: string): readonly (readonly string[])[] {
  return Array.from(wanted, (char) => [...new Set([char.toLowerCase(), char.toUpperCase()])]);
}

export function equalsIgnoringCase(wanted: readonly (readonly string[])[], text: string): boolean {
  return endsOfMatches(wanted, text, 0).has(text.length);
}

export function startsIgnoringCase(wanted: readonly (readonly string[])[], text: string): boolean {
  return endsOfMatches(wanted, text, 0).size > 0;
}

export function endsIgnoringCase(wanted: readonly (readonly string[])[], text: string): boolean {
  const reversed = wanted.map((each) => each.map(backwards)).reverse();
  return endsOfMatches(reversed, backwards(text), 0).size > 0;
}

/** Where in the text a match that begins at `from` may end; few places, as forms hardly differ in length. */
function endsOfMatches(
  wanted: readonly (readonly string[])[],
  text: string,
  from: number,
): ReadonlySet<number> {
  let ends: ReadonlySet<number> = new Set([from]);
  for (const each of wanted) {
    const next = new Set<number>();
    for (const at of ends) {
      for (const form of each) if (text.startsWith(form, at)) next.add(at + form.length);
    }
    if (next.size === 0) return next;
    ends = next;
  }
  return ends;
}

function backwards(text: string): string {
  return Array.from(text).reverse().join("");
}
