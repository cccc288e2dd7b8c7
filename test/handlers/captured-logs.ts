import * as z from "zod";

const Line = z.looseObject({ level: z.string(), message: z.string(), function: z.string() });
export type CapturedLine = z.infer<typeof Line>;

/** What the functions wrote to standard output, which is where Lambda takes their log from. */
export interface CapturedLogs {
  /** Lines since the last time of asking. */
  take(): readonly CapturedLine[];
  readonly bytes: number;
  release(): void;
}

/** Keeps the functions' lines and lets everything else through. */
export function captureLogs(): CapturedLogs {
  const write = process.stdout.write.bind(process.stdout);
  let lines: CapturedLine[] = [];
  let bytes = 0;
  process.stdout.write = ((text: string | Uint8Array, ...rest: []) => {
    const line = typeof text === "string" ? lineOf(text) : undefined;
    if (line === undefined) return write(text, ...rest);
    lines.push(line);
    bytes += Buffer.byteLength(String(text));
    return true;
  }) as typeof process.stdout.write;
  return {
    take() {
      const taken = lines;
      lines = [];
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

function lineOf(text: string): CapturedLine | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return Line.safeParse(JSON.parse(text)).data;
  } catch {
    // Not one of ours: somebody printed a brace.
    return undefined;
  }
}
