const begin = "<!-- report: begin -->";
const end = "<!-- report: end -->";

/** The document with the report between its two marks; the words around it stay as they are. */
export function documentWith(document: string, report: string): string {
  const { before, after } = partsOf(document);
  return `${before}${begin}\n\n${report}\n\n${end}${after}`;
}

/** The report that the document holds now. */
export function reportIn(document: string): string {
  return partsOf(document).report.trim();
}

function partsOf(document: string) {
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error(`The document lacks the marks ${begin} and ${end}`);
  return {
    before: document.slice(0, from),
    report: document.slice(from + begin.length, to),
    after: document.slice(to + end.length),
  };
}
