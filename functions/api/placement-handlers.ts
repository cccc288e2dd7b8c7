import { placementToView } from "../../shared/contract/http/placement-to-view.ts";
import { keys } from "../../shared/contract/keys.ts";
import { emptyProfile } from "../../shared/routing/learn.ts";
import type { TaskProfile } from "../../shared/routing/profile.ts";
import { getTask } from "../tasks/read-tasks.ts";
import type { Handlers } from "./calls.ts";
import type { ApiDeps } from "./deps.ts";
import { answer } from "./wire/answers.ts";

type PlacementHandlers = Pick<Handlers, "getTaskPlacement">;

export function placementHandlers({ engine }: ApiDeps): PlacementHandlers {
  return {
    async getTaskPlacement({ context, params }) {
      const { tenant } = context;
      const { head } = await getTask(engine, tenant, params.name);
      // Read afresh: whoever asks wants to see what the last run has taught.
      const record = await engine.store.get(keys.profile(tenant, params.name));
      const known = record?.body as TaskProfile | undefined;
      const profile = known ?? emptyProfile(tenant, params.name, head.latestVersion);
      return answer(200, placementToView(profile, engine.clock.now()));
    },
  };
}
