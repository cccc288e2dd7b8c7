import type { PageQuery } from "../../shared/contract/http/requests.ts";
import { keys } from "../../shared/contract/keys.ts";
import { assert, RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import { nearestName } from "../../shared/core/nearest-name.ts";
import type { FunctionHead, FunctionVersion } from "../../shared/function/function.ts";
import { type RecordList, recordPage } from "../lists/record-page.ts";
import { loadFunctionHead, loadFunctionVersion } from "../runtime/deployed-functions.ts";
import type { Engine } from "../runtime/engine.ts";

export interface FunctionWithVersion {
  readonly head: FunctionHead;
  readonly version: FunctionVersion;
}

const versionsPerPageMax = 200;

/** The function; throws a RejectionError when there is none, naming one that it may have been. */
export async function getFunction(
  { store }: Pick<Engine, "store">,
  tenant: string,
  name: string,
): Promise<FunctionWithVersion> {
  const head = await loadFunctionHead(store, tenant, name);
  if (head !== undefined) return withVersion({ store }, head.body);
  const names = await store.query({
    index: "primary",
    partition: keys.functionHead(tenant, "").pk,
    order: "ascending",
    limit: limits.storePageMax,
  });
  const nearest = nearestName(
    name,
    names.map(({ key }) => key.sk),
  );
  throw new RejectionError({
    code: "function_not_found",
    detail: `there is no deployed function "${name}"`,
    pointer: "name",
    suggestion:
      nearest === undefined
        ? "deploy it with PUT /v1/functions/{name}, or list them with GET /v1/functions"
        : `did you mean "${nearest}"?`,
  });
}

/** The tenant's functions in the order of their names. */
export async function listFunctions(
  engine: Engine,
  tenant: string,
  query: PageQuery,
): Promise<{ readonly functions: readonly FunctionWithVersion[]; readonly nextCursor?: string }> {
  const binding = { tenant, operation: "listFunctions", filters: {} };
  const page = await pageOf(engine, keys.functionHead(tenant, "").pk, binding, query);
  const functions = await Promise.all(
    page.records.map((record) => withVersion(engine, record.body as unknown as FunctionHead)),
  );
  return { functions, ...page.next };
}

/** All versions of a function that were ever asked for, in the order of their digests. */
export async function listFunctionVersions(
  engine: Engine,
  tenant: string,
  name: string,
  query: PageQuery,
): Promise<{ readonly versions: readonly FunctionVersion[]; readonly nextCursor?: string }> {
  await getFunction(engine, tenant, name);
  const binding = { tenant, operation: "listFunctionVersions", filters: { name } };
  const page = await pageOf(engine, keys.functionVersion(tenant, name, "").pk, binding, query);
  const versions = page.records.map((record) => record.body as unknown as FunctionVersion);
  return { versions, ...page.next };
}

function pageOf(
  engine: Engine,
  partition: string,
  binding: RecordList["binding"],
  query: PageQuery,
) {
  const list: RecordList = { partition, binding, order: "ascending", sizeMax: versionsPerPageMax };
  return recordPage(engine, list, query);
}

async function withVersion(
  { store }: Pick<Engine, "store">,
  head: FunctionHead,
): Promise<FunctionWithVersion> {
  const { tenant, name, digest } = head;
  const version = await loadFunctionVersion(store, tenant, name, digest);
  assert(version !== undefined, `version ${digest} of function ${name} is missing`);
  return { head, version: version.body };
}
