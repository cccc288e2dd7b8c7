import { type Finding, findingIdOf, type Symptom } from "./finding.ts";

export interface FindingFacts {
  readonly tenant: string;
  readonly nowMs: number;
  /** All that are open, and any others that are known. */
  readonly known: readonly Finding[];
  readonly symptoms: readonly Symptom[];
  /** Whether what is not among the symptoms is known to be well. */
  readonly isWell: (finding: Finding) => boolean;
}

/** The findings that change: opened, told of something newer, or closed. Planned again, none does. */
export function planFindings(facts: FindingFacts): readonly Finding[] {
  const { known, symptoms, nowMs } = facts;
  const open = known.filter(({ state }) => state === "open");
  const changed = symptoms.flatMap((symptom) => {
    const goesOn = open.find((finding) => isAbout(finding, symptom));
    return goesOn === undefined ? opened(facts, symptom) : continued(goesOn, symptom);
  });
  const closed = open
    .filter((finding) => !symptoms.some((symptom) => isAbout(finding, symptom)))
    .filter(facts.isWell)
    .map((finding): Finding => ({ ...finding, state: "closed", closedAtMs: nowMs }));
  return [...changed, ...closed];
}

function isAbout(finding: Finding, symptom: Symptom): boolean {
  return finding.kind === symptom.kind && finding.subject === symptom.subject;
}

/** What was mended before anybody noticed is written down all the same, closed. */
function opened({ tenant, nowMs, known }: FindingFacts, symptom: Symptom): readonly Finding[] {
  const id = findingIdOf(symptom);
  const before = known.find((finding) => finding.id === id);
  const { kind, subject, message, atMs, instanceId, mendedAtMs } = symptom;
  if (before !== undefined && mendedAtMs !== undefined) return [];
  return [
    {
      tenant,
      id,
      kind,
      subject,
      message,
      nominalMs: atMs,
      openedAtMs: before?.openedAtMs ?? nowMs,
      ...(instanceId === undefined ? {} : { instanceId }),
      ...(mendedAtMs === undefined
        ? { state: "open" }
        : { state: "closed", closedAtMs: Math.max(nowMs, mendedAtMs) }),
    },
  ];
}

function continued(finding: Finding, symptom: Symptom): readonly Finding[] {
  const { message, atMs, instanceId, mendedAtMs } = symptom;
  const told: Finding = {
    ...finding,
    message,
    nominalMs: atMs,
    ...(instanceId === undefined ? {} : { instanceId }),
  };
  if (mendedAtMs !== undefined) return [{ ...told, state: "closed", closedAtMs: mendedAtMs }];
  return atMs === finding.nominalMs ? [] : [told];
}
