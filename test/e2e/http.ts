/** One request to a host under test, with its parsed answer. */
export async function call<Body = Record<string, unknown>>(
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly body: Body }> {
  const response = await fetch(`${url}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

export interface SeenInstance {
  readonly id: string;
  readonly state: string;
  readonly output?: unknown;
  readonly attempts?: readonly { readonly number: number }[];
}

/** Long-polls until every instance is finished; answers them in order. */
export async function finishedInstances(
  url: string,
  ids: readonly string[],
): Promise<readonly SeenInstance[]> {
  const found = new Map<string, SeenInstance>();
  let open = [...ids];
  while (open.length > 0) {
    const asked = open.slice(0, 1_000);
    const answer = await call<{ items: readonly (SeenInstance | { id: string })[] }>(
      url,
      "POST",
      "/v1/instances/lookup",
      { ids: asked, waitSeconds: 5, until: "terminal" },
    );
    if (answer.status !== 200) throw new Error(`lookup: ${JSON.stringify(answer)}`);
    for (const item of answer.body.items) {
      if ("state" in item && terminal.has(item.state)) found.set(item.id, item);
    }
    open = open.filter((id) => !found.has(id));
  }
  return ids.flatMap((id) => found.get(id) ?? []);
}

const terminal = new Set(["succeeded", "failed", "cancelled", "timed_out", "expired"]);

/** What the auditor finds over the whole store. */
export async function doctorFindings(url: string): Promise<readonly unknown[]> {
  const findings: unknown[] = [];
  let cursor: string | undefined;
  do {
    const query = cursor === undefined ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    const { status, body } = await call<{ findings: unknown[]; nextCursor?: string }>(
      url,
      "GET",
      `/v1/doctor${query}`,
    );
    if (status !== 200) throw new Error(`doctor: ${status} ${JSON.stringify(body)}`);
    findings.push(...body.findings);
    cursor = body.nextCursor;
  } while (cursor !== undefined);
  return findings;
}
