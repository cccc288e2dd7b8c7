import { isoTime } from "../../shared/contract/http/iso-time.ts";
import type {
  PayloadPlaceView,
  PayloadSlotView,
} from "../../shared/contract/http/payload-views.ts";
import { type Rejection, RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Engine } from "../runtime/engine.ts";
import type { Handlers } from "./calls.ts";
import type { ApiDeps } from "./deps.ts";
import { getInstance } from "./find-instances.ts";
import { answer } from "./wire/answers.ts";

type PayloadHandlers = Pick<Handlers, "createPayload" | "getInstanceInput" | "getInstanceOutput">;

export function payloadHandlers({ engine }: ApiDeps): PayloadHandlers {
  return {
    async createPayload({ context, body }) {
      if (engine.payloads === undefined) throw new RejectionError(noPayloadsHere);
      const { purpose, bytes, sha256 } = body;
      if (purpose === "package" && bytes > limits.packageBytesMax) {
        throw new RejectionError(packageTooLarge);
      }
      const { payloads } = engine;
      const slot = await (purpose === "package"
        ? payloads.newPackage(context.tenant, bytes, sha256)
        : payloads.newInput(context.tenant, bytes, sha256));
      const { id, url, headers, expiresAtMs } = slot;
      const expiresAt = isoTime(expiresAtMs);
      return answer(201, { id, method: "PUT", url, headers, expiresAt } satisfies PayloadSlotView);
    },
    getInstanceInput: ({ context, params }) =>
      payloadAnswer(engine, context.tenant, params.id, "input"),
    getInstanceOutput: ({ context, params }) =>
      payloadAnswer(engine, context.tenant, params.id, "output"),
  };
}

/** The value itself, or the way to where it is. */
async function payloadAnswer(
  { payloads, ...engine }: Engine,
  tenant: string,
  id: string,
  field: "input" | "output",
): Promise<Response> {
  const instance = await getInstance(engine, tenant, id);
  const ref = field === "input" ? instance.inputRef : instance.outputRef;
  if (ref === undefined) {
    const value = instance[field];
    return value === undefined ? nothing(`${id} has no ${field}`) : answer(200, value);
  }
  if ((await payloads?.find(tenant, ref.id)) === undefined || payloads === undefined) {
    return nothing(`the ${field} of ${id} is not there any more`);
  }
  const url = await payloads.urlOf(tenant, ref);
  const { bytes, sha256 } = ref;
  const place: PayloadPlaceView = { url, bytes, sha256 };
  return answer(307, place, { location: url });
}

function nothing(detail: string): Response {
  throw new RejectionError({ code: "payload_not_found", detail });
}

const packageTooLarge: Rejection = {
  code: "invalid_field",
  pointer: "/bytes",
  detail: `a package has at most ${limits.packageBytesMax} bytes`,
  suggestion: "bundle the code, or read large data from a bucket at run time",
};

const noPayloadsHere: Rejection = {
  code: "payload_too_large",
  detail: `this deployment has no place for payloads; inputs have at most ${limits.inputBytesMax} bytes`,
  suggestion: "put the data into a store of your own and pass its address",
};
