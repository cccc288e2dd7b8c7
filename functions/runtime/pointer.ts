/** RFC 6901: the place of a value inside a JSON document; "" is the document itself. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .map((part) => shortened(part, 160))
    .join("");
}

/** A text short enough for a message, whatever a client sent. */
export function shortened(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax - 1)}…`;
}
