import { TerminalError } from "../../../shared/core/errors.ts";
import type { BackendCapabilities } from "../../../shared/routing/backend-capabilities.ts";
import { fcCapabilities } from "./fc-capabilities.ts";
import { readFcConfig } from "./fc-config.ts";

/** What it could do, for those who plan with it but have no right to its keys. */
export function plannedFcCapabilities(
  configText: string | undefined,
): readonly BackendCapabilities[] {
  if (configText === undefined || configText === "") return [];
  try {
    return [fcCapabilities(readFcConfig(configText))];
  } catch (error) {
    // Whoever opens the adapter says so.
    if (error instanceof TerminalError) return [];
    throw error;
  }
}
