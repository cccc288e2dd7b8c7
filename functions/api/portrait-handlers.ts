import { portraitToView } from "../portrait/portrait-to-view.ts";
import { readPortrait } from "../portrait/read-portrait.ts";
import { spreadSchedules } from "../portrait/spread-schedules.ts";
import type { Handlers } from "./calls.ts";
import type { ApiDeps } from "./deps.ts";
import { answer } from "./wire/answers.ts";

type PortraitHandlers = Pick<Handlers, "getPortrait" | "spreadSchedules">;

export function portraitHandlers({ engine }: ApiDeps): PortraitHandlers {
  return {
    async getPortrait({ context, query }) {
      return answer(200, portraitToView(await readPortrait(engine, context.tenant, query)));
    },
    async spreadSchedules({ context, body }) {
      return answer(200, await spreadSchedules(engine, context, body));
    },
  };
}
