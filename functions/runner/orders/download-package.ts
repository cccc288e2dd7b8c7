import { createHash } from "node:crypto";
import type { PackageOrder } from "../../../shared/contract/http/work.ts";
import { limits } from "../../../shared/core/limits.ts";

/** A package could not be had this time; another try may work. */
export class DownloadError extends Error {
  override readonly name = "DownloadError";
}

/** Fetches a package and proves that it is the one that was ordered. */
export async function downloadPackage(
  { url, bytes, sha256 }: Pick<PackageOrder, "url" | "bytes" | "sha256">,
  timeoutMs: number,
): Promise<Uint8Array> {
  if (bytes > limits.packageBytesMax) {
    throw new DownloadError(`${bytes} bytes are more than a package may have`);
  }
  const received = await receive(url, bytes, timeoutMs);
  const found = createHash("sha256").update(received).digest("hex");
  if (received.byteLength !== bytes || found !== sha256) {
    throw new DownloadError(
      `what came is not the package: ${received.byteLength} bytes with SHA-256 ${found}, expected ${bytes} with ${sha256}`,
    );
  }
  return received;
}

/** Never reads more than was announced. */
async function receive(url: string, bytesMax: number, timeoutMs: number): Promise<Uint8Array> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok || response.body === null) {
      throw new DownloadError(`the server answered ${response.status}`);
    }
    const whole = new Uint8Array(bytesMax);
    let length = 0;
    for await (const chunk of response.body) {
      if (length + chunk.byteLength > bytesMax) {
        throw new DownloadError(`more than the expected ${bytesMax} bytes came`);
      }
      whole.set(chunk, length);
      length += chunk.byteLength;
    }
    return whole.subarray(0, length);
  } catch (error) {
    if (error instanceof DownloadError) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new DownloadError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
