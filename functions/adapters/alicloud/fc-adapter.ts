import type { AttemptReport } from "../../../shared/ports/backend.ts";
import type { AdapterEntry } from "../../runtime/adapter-registry.ts";
import { openFcBackend } from "./fc-backend.ts";
import { openFcClient } from "./fc-client.ts";
import { readFcConfig } from "./fc-config.ts";
import { loadFcKeys, type ReadSecret } from "./fc-keys.ts";
import { openFcPlatform } from "./fc-platform.ts";

export interface FcAdapterDeps {
  /** Where variables with keys are looked up. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly report: (report: AttemptReport) => Promise<void>;
  readonly readSecret?: ReadSecret;
}

/** The adapter that ALICLOUD_FC_CONFIG asks for; none without it. */
export function fcAdapters(
  configText: string | undefined,
  deps: FcAdapterDeps,
): readonly AdapterEntry[] {
  if (configText === undefined || configText === "") return [];
  return [
    {
      name: "alicloud-fc",
      async open() {
        const config = readFcConfig(configText);
        const keys = await loadFcKeys(config.keys, deps.variables, deps.readSecret);
        const options = { ...(await openFcClient(config, keys)), config };
        return {
          backend: openFcBackend({ ...options, report: deps.report }),
          platform: openFcPlatform(options),
        };
      },
    },
  ];
}
