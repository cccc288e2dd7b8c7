import type { FunctionRequest } from "../../shared/contract/http/function-views.ts";
import { type Rejection, RejectionError } from "../../shared/core/errors.ts";
import type { FunctionVersion } from "../../shared/function/function.ts";
import type { Payloads } from "../../shared/ports/payloads.ts";
import type { Engine } from "../runtime/engine.ts";

interface KeepingDeps {
  readonly engine: Pick<Engine, "log">;
  readonly payloads: Payloads;
}

/**
 * The package that a version gets for itself, made of what was uploaded when it turns out to be
 * needed. Each version has its own, so that removing one takes nothing away from another.
 */
export class KeptPackage {
  readonly #deps: KeepingDeps;
  readonly #tenant: string;
  readonly #uploaded: FunctionRequest["package"];
  #id: string | undefined;

  constructor(deps: KeepingDeps, tenant: string, uploaded: FunctionRequest["package"]) {
    this.#deps = deps;
    this.#tenant = tenant;
    this.#uploaded = uploaded;
  }

  /** Throws a RejectionError when the upload is not there, or not what it is said to be. */
  async facts(): Promise<Pick<FunctionVersion, "packageId" | "packageBytes" | "packageSha256">> {
    this.#id ??= await this.#keep();
    const { bytes, sha256 } = this.#uploaded;
    return { packageId: this.#id, packageBytes: bytes, packageSha256: sha256 };
  }

  /**
   * Deletes what no record names any more, once it is certain which package the version has and had
   * before. Never throws: what is left over costs its storage, no more.
   */
  async discardAllBut(needed: string | undefined, before: string | undefined): Promise<void> {
    for (const id of new Set([this.#id, before])) {
      if (id === undefined || id === needed) continue;
      try {
        await this.#deps.payloads.delete(this.#tenant, [id]);
      } catch (error) {
        const cause = error instanceof Error ? error.message : String(error);
        this.#deps.engine.log.warn("a package that nothing needs is left over", { id, cause });
      }
    }
  }

  async #keep(): Promise<string> {
    const { payloads } = this.#deps;
    const { id, bytes, sha256 } = this.#uploaded;
    const found = await payloads.find(this.#tenant, id);
    if (found === undefined) throw new RejectionError(notUploaded(id));
    if (found.bytes !== bytes) {
      throw new RejectionError(
        differs("bytes", `the package ${id} has ${found.bytes} bytes, not ${bytes}`),
      );
    }
    if (found.sha256 !== undefined && found.sha256 !== sha256) {
      throw new RejectionError(
        differs("sha256", `the package ${id} has the SHA-256 ${found.sha256}, not ${sha256}`),
      );
    }
    const kept = await payloads.keepPackage(this.#tenant, id);
    if (kept === undefined) throw new RejectionError(notUploaded(id));
    return kept;
  }
}

function notUploaded(id: string): Rejection {
  return {
    code: "payload_not_found",
    detail: `there is no package ${id}: nothing was uploaded as that, or it is gone again`,
    pointer: "/package/id",
    suggestion:
      'POST /v1/payloads with the purpose "package" gives a place; PUT the zip file there first',
  };
}

function differs(field: "bytes" | "sha256", detail: string): Rejection {
  return {
    code: "invalid_field",
    detail,
    pointer: `/package/${field}`,
    suggestion: "upload the whole file again",
  };
}
