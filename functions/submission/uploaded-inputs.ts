import { keys } from "../../shared/contract/keys.ts";
import { type Rejection, TransientError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { PayloadRef } from "../../shared/core/payload-ref.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import type { Submission, UploadedInput } from "../../shared/instance/submission.ts";
import type { Change, Conflict } from "../../shared/ports/store.ts";
import type { Engine } from "../runtime/engine.ts";
import { notAcknowledged } from "../runtime/result.ts";

/** What was uploaded for the submissions of a batch: whether each is there and is what it is said to be. */
export class UploadedInputs {
  readonly #wrong: ReadonlyMap<Submission, Rejection>;

  private constructor(wrong: ReadonlyMap<Submission, Rejection>) {
    this.#wrong = wrong;
  }

  static async of(
    engine: Engine,
    tenant: string,
    submissions: readonly Submission[],
  ): Promise<UploadedInputs> {
    const wrong = new Map<Submission, Rejection>();
    await Promise.all(
      submissions.map(async (submission) => {
        const { inputRef } = submission;
        // A dry run asks where an input of this size would go, whether it is there or not.
        if (inputRef === undefined || submission.dryRun === true) return;
        const rejection = await examine(engine, tenant, inputRef);
        if (rejection !== undefined) wrong.set(submission, rejection);
      }),
    );
    return new UploadedInputs(wrong);
  }

  /** Why the submission's upload cannot be used; undefined when it can, and where there is none. */
  rejectionOf(submission: Submission): Rejection | undefined {
    return this.#wrong.get(submission);
  }
}

/** A fault of the place is the answer of this submission, not of all. */
async function examine(
  engine: Engine,
  tenant: string,
  { id, bytes, sha256 }: UploadedInput,
): Promise<Rejection | undefined> {
  try {
    const found = await engine.payloads?.find(tenant, id);
    if (found === undefined) return notUploaded(id);
    if (found.bytes !== bytes) {
      return differs("/inputRef/bytes", `${id} has ${found.bytes} bytes, not ${bytes}`);
    }
    if (found.sha256 === undefined || found.sha256 === sha256) return undefined;
    return differs("/inputRef/sha256", `${id} has the SHA-256 ${found.sha256}, not ${sha256}`);
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    engine.log.warn("submission not acknowledged", { payload: id, cause: error.message });
    return notAcknowledged;
  }
}

function notUploaded(id: string): Rejection {
  return {
    code: "payload_not_found",
    pointer: "/inputRef/id",
    detail: `nothing was uploaded as ${id}`,
    suggestion: "PUT it to the url that POST /v1/payloads answers, then submit",
  };
}

function differs(pointer: string, detail: string): Rejection {
  const suggestion = "submit the size and hash of what was uploaded, or upload the right thing";
  return { code: "invalid_field", pointer, detail, suggestion };
}

/**
 * What is written beside an instance with an uploaded input: from then on the upload is its own, so
 * that it can be deleted with it. The claim ends with the last moment at which the upload can be there.
 */
export function claimOfUpload(instance: Instance, ref: PayloadRef): Change {
  return {
    kind: "put",
    expect: "absent",
    record: {
      key: keys.payloadClaim(instance.tenant, ref.id),
      type: "payload-claim",
      body: { instanceId: instance.id },
      expiresAtMs: instance.createdAtMs + limits.payloadKeepMs,
    },
  };
}

/** Of a write that was lost because another instance has the upload. */
export function uploadTaken(ref: PayloadRef, conflict: Conflict): Rejection {
  const claim = conflict.current?.body as { readonly instanceId: string } | undefined;
  return {
    code: "payload_not_found",
    pointer: "/inputRef/id",
    detail: `${ref.id} belongs to the instance ${claim?.instanceId ?? "of another submission"}`,
    suggestion: "upload the input again: each instance has its own",
  };
}
