import { createHash } from "node:crypto";
import type { PayloadSlot, Payloads } from "../../../shared/ports/payloads.ts";

/** One adapter with its server, and a clock that the test moves. */
export interface PayloadWorld {
  readonly payloads: Payloads;
  /** Lets time pass for the adapter and for its server. */
  pass(ms: number): void;
  close(): Promise<void>;
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Puts a text as somebody would who knows nothing but the slot; answers the status. */
export async function put(
  slot: Pick<PayloadSlot, "url" | "headers">,
  text: string,
): Promise<number> {
  const response = await fetch(slot.url, { method: "PUT", headers: slot.headers, body: text });
  await response.arrayBuffer();
  return response.status;
}

export async function get(
  url: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
}

/** The address with one parameter of its query changed. */
export function withQuery(address: string, name: string, value: string): string {
  const url = new URL(address);
  url.searchParams.set(name, value);
  return url.href;
}
