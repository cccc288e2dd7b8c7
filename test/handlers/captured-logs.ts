import * as z from "zod";

const Line = z.looseObject({ level: z.string(), message: z.string(), function: z.string() });
export type CapturedLine = z.infer<typeof Line>;

/** A line in CloudWatch's embedded metric format: the figures stand beside what describes them. */
const MetricLine = z.looseObject({
  _aws: z.object({
    Timestamp: z.int(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string(), Unit: z.string() })),
      }),
    ),
  }),
});
export type CapturedMetrics = z.infer<typeof MetricLine>;

/** What the functions wrote to standard output, which is where Lambda takes their log from. */
export interface CapturedLogs {
  /** Lines since the last time of asking. */
  take(): readonly CapturedLine[];
  /** Lines that are metrics, since the last time of asking. */
  takeMetrics(): readonly CapturedMetrics[];
  readonly bytes: number;
  release(): void;
}

/** Keeps the functions' lines and lets everything else through. */
export function captureLogs(): CapturedLogs {
  const write = process.stdout.write.bind(process.stdout);
  let lines: CapturedLine[] = [];
  let metrics: CapturedMetrics[] = [];
  let bytes = 0;
  process.stdout.write = ((text: string | Uint8Array, ...rest: []) => {
    const json = typeof text === "string" ? jsonOf(text) : undefined;
    const line = Line.safeParse(json).data;
    const metric = MetricLine.safeParse(json).data;
    if (line === undefined && metric === undefined) return write(text, ...rest);
    if (line !== undefined) lines.push(line);
    if (metric !== undefined) metrics.push(metric);
    bytes += Buffer.byteLength(String(text));
    return true;
  }) as typeof process.stdout.write;
  return {
    take() {
      const taken = lines;
      lines = [];
      return taken;
    },
    takeMetrics() {
      const taken = metrics;
      metrics = [];
      return taken;
    },
    get bytes() {
      return bytes;
    },
    release() {
      process.stdout.write = write;
    },
  };
}

function jsonOf(text: string): unknown {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Not one of ours: somebody printed a brace.
    return undefined;
  }
}
