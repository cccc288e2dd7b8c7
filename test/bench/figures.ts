export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return (
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN
  );
}

/** The median of each figure over the rounds. */
export function mediansOf(rounds: readonly (readonly Figure[])[]): readonly Figure[] {
  const [first = []] = rounds;
  return first.map(({ name, unit }) => ({
    name,
    unit,
    value: quantile(
      rounds.flatMap((round) => round.filter((figure) => figure.name === name).map((f) => f.value)),
      0.5,
    ),
  }));
}

export function printFigures(title: string, figures: readonly Figure[]): void {
  const width = Math.max(...figures.map(({ name }) => name.length));
  const rows = figures.map(
    ({ name, value, unit }) =>
      `  ${name.padEnd(width)}  ${numberText(value).padStart(10)}  ${unit}`,
  );
  process.stdout.write(`\n${title}\n${rows.join("\n")}\n`);
}

export function numberText(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}
