import type { JsonValue } from "../core/json.ts";
import type { FunctionVersion } from "../function/function.ts";

export type DeployOutcome =
  | { readonly outcome: "deployed"; readonly reference: string }
  /** It will not work without a change; the sentence says which. */
  | { readonly outcome: "refused"; readonly reason: string };

export type PlatformFunctionState = "active" | "pending" | "failed" | "missing";

export interface PlatformFunctionStatus {
  readonly state: PlatformFunctionState;
  readonly reason?: string;
  readonly lastModifiedAt?: string;
  readonly runtime?: string;
  readonly timeoutSeconds?: number;
  readonly memoryMb?: number;
}

export type InvokeOutcome =
  | { readonly outcome: "returned"; readonly output: JsonValue; readonly log?: string }
  | { readonly outcome: "failed"; readonly error: string; readonly log?: string };

/** A cloud's functions: puts code there, asks about it, tries it out, takes it away again. */
export interface FunctionPlatform {
  readonly name: string;
  /** Harmless when repeated, and when two do it at once. */
  deploy(version: FunctionVersion, packageBytes: Uint8Array): Promise<DeployOutcome>;
  status(version: FunctionVersion): Promise<PlatformFunctionStatus>;
  /** Calls it and waits: for trying it out, never for running attempts. */
  invoke(version: FunctionVersion, event: JsonValue): Promise<InvokeOutcome>;
  /** Takes away what this control plane made, and nothing else; true when something was there. */
  remove(tenant: string, name: string): Promise<boolean>;
}
