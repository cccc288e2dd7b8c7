/** What sort of value a feature has: what it may be compared with, and how. */
export type FeatureKind =
  | "duration"
  | "latency"
  | "cores"
  | "size"
  | "bandwidth"
  | "bytes"
  | "number"
  | "boolean"
  | "text";

/** How many of the canonical unit one of this unit is, as a fraction so that nothing is rounded. */
type Ratio = readonly [of: number, per: number];

export interface KindSpec {
  /** In a sentence: "latency_requirement is …". */
  readonly what: string;
  /** The canonical unit: plain numbers and everything that is computed with are in it. */
  readonly unit: string;
  /** The units that rules may use; empty for kinds without any. */
  readonly units: Readonly<Record<string, Ratio>>;
  /** True when a number in a rule may stand without a unit. */
  readonly plain: boolean;
  readonly example: string;
}

const KiB = 1_024;

export const kinds: Readonly<Record<FeatureKind, KindSpec>> = {
  duration: {
    what: "a duration",
    unit: "s",
    units: { ms: [1, 1_000], s: [1, 1], m: [60, 1], h: [3_600, 1], d: [86_400, 1] },
    plain: false,
    example: "300s",
  },
  latency: {
    what: "a duration",
    unit: "ms",
    units: { ms: [1, 1], s: [1_000, 1], m: [60_000, 1], h: [3_600_000, 1], d: [86_400_000, 1] },
    plain: false,
    example: "100ms",
  },
  cores: {
    what: "a number of cores",
    unit: "cores",
    units: { cores: [1, 1], core: [1, 1] },
    plain: false,
    example: "2_cores",
  },
  size: {
    what: "an amount of memory or storage",
    unit: "GB",
    units: { KB: [1, KiB * KiB], MB: [1, KiB], GB: [1, 1], TB: [KiB, 1] },
    plain: false,
    example: "2GB",
  },
  bandwidth: {
    what: "a bandwidth",
    unit: "Mbps",
    units: { Kbps: [1, 1_000], Mbps: [1, 1], Gbps: [1_000, 1] },
    plain: false,
    example: "10Mbps",
  },
  bytes: {
    what: "a number of bytes",
    unit: "bytes",
    units: { B: [1, 1], KB: [KiB, 1], MB: [KiB ** 2, 1], GB: [KiB ** 3, 1] },
    plain: true,
    example: "256KB",
  },
  number: { what: "a number", unit: "", units: {}, plain: true, example: "5" },
  boolean: { what: "true or false", unit: "", units: {}, plain: false, example: "true" },
  text: { what: "a text", unit: "", units: {}, plain: false, example: "'event'" },
};

/** Whether values of this kind have an order. */
export function isOrdered(kind: FeatureKind): boolean {
  return kind !== "boolean" && kind !== "text";
}

/** The amount in the kind's canonical unit; undefined when the kind has no such unit. */
export function amountOf(kind: FeatureKind, number: number, unit: string): number | undefined {
  const { units, plain } = kinds[kind];
  if (unit === "") return plain ? number : undefined;
  const ratio = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (ratio === undefined) return undefined;
  // Fifteen digits are what a double keeps: without the noise behind them 1.1h is 3960 s.
  return Number(((number * ratio[0]) / ratio[1]).toPrecision(15));
}

/** Every unit of every kind. */
export const allUnits: readonly string[] = [
  ...new Set(Object.values(kinds).flatMap(({ units }) => Object.keys(units))),
];

/** The kind's units in words, for complaints. */
export function unitsText(kind: FeatureKind): string {
  const names = Object.keys(kinds[kind].units).filter((name) => name !== "core");
  return names.join(", ");
}
