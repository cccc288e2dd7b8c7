import type { WireAnswer, WireRequest } from "../platform/stub-server.ts";

interface StubRule {
  Name: string;
  Arn: string;
  EventBusName: string;
  EventPattern?: string;
  State?: string;
  Description?: string;
  Tags: readonly { readonly Key: string; readonly Value: string }[];
  targets: Map<string, { readonly Id: string; readonly Arn: string }>;
}

/** The rules of EventBridge, with their targets and tags, on two buses. */
export class StubRules {
  readonly rules = new Map<string, StubRule>();
  readonly changes: string[] = [];
  /** The next PutTargets answers 200 and refuses its entry. */
  refuseNextTarget: string | undefined;

  answer({ headers, body }: WireRequest): WireAnswer {
    const action = headers["x-amz-target"]?.replace("AWSEvents.", "") ?? "";
    // biome-ignore lint/suspicious/noExplicitAny: a stub reads requests of every shape.
    const asked: any = JSON.parse(body.toString("utf8"));
    const key = `${asked.EventBusName ?? "default"}/${asked.Name ?? asked.Rule}`;
    const rule = this.rules.get(key);
    switch (action) {
      case "PutRule":
        return this.#put(key, asked, rule);
      case "ListRules":
        return this.#list(asked);
      case "ListTagsForResource": {
        const found = [...this.rules.values()].find(({ Arn }) => Arn === asked.ResourceARN);
        return found === undefined ? missing() : yes({ Tags: found.Tags });
      }
    }
    if (rule === undefined) return missing();
    switch (action) {
      case "DescribeRule": {
        const { targets: _, Tags: __, ...described } = rule;
        return yes(described);
      }
      case "ListTargetsByRule":
        return yes({ Targets: [...rule.targets.values()] });
      case "PutTargets": {
        const code = this.refuseNextTarget;
        this.refuseNextTarget = undefined;
        if (code !== undefined) {
          return yes({
            FailedEntryCount: 1,
            FailedEntries: [{ ErrorCode: code, TargetId: "intake" }],
          });
        }
        for (const target of asked.Targets) rule.targets.set(target.Id, target);
        this.changes.push(`target ${key}`);
        return yes({ FailedEntryCount: 0, FailedEntries: [] });
      }
      case "RemoveTargets":
        for (const id of asked.Ids) rule.targets.delete(id);
        return yes({ FailedEntryCount: 0, FailedEntries: [] });
      case "DeleteRule":
        if (rule.targets.size > 0) return no("ValidationException", "it has targets");
        this.rules.delete(key);
        this.changes.push(`deleted ${key}`);
        return yes({});
      default:
        return no("UnknownOperationException", action);
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: as it came.
  #put(key: string, { Tags, ...asked }: any, present: StubRule | undefined): WireAnswer {
    if (!/^[.\-_A-Za-z0-9]{1,64}$/.test(asked.Name)) return no("ValidationException", asked.Name);
    const bus = asked.EventBusName === "default" ? "" : `${asked.EventBusName}/`;
    this.rules.set(key, {
      ...asked,
      Arn: `arn:aws:events:us-east-1:123456789012:rule/${bus}${asked.Name}`,
      // Tags of a rule that is there already are not read.
      Tags: present?.Tags ?? Tags ?? [],
      targets: present?.targets ?? new Map(),
    });
    this.changes.push(`put ${key}`);
    return yes({ RuleArn: "arn" });
  }

  #list(asked: { EventBusName: string; NamePrefix: string }): WireAnswer {
    const Rules = [...this.rules.values()]
      .filter(({ EventBusName }) => EventBusName === asked.EventBusName)
      .filter(({ Name }) => Name.startsWith(asked.NamePrefix))
      .map(({ targets: _, Tags: __, ...described }) => described);
    return yes({ Rules });
  }
}

function yes(body: object): WireAnswer {
  return { status: 200, headers: { "content-type": "application/x-amz-json-1.1" }, body };
}

function no(code: string, message: string): WireAnswer {
  return { status: 400, headers: { "x-amzn-errortype": code }, body: { __type: code, message } };
}

function missing(): WireAnswer {
  return no("ResourceNotFoundException", "there is none");
}
