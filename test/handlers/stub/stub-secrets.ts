import * as z from "zod";
import {
  jsonBody,
  type StubAnswer,
  StubRefusal,
  type StubRequest,
  type StubService,
} from "./stub-request.ts";

const GetSecretValue = z.strictObject({ SecretId: z.string().min(1) });

/** Secrets Manager with the texts that were put into it. */
export class StubSecrets implements StubService {
  readonly signingName = "secretsmanager";
  requests = 0;
  readonly texts = new Map<string, string>();

  owns(request: StubRequest): boolean {
    return request.headers["x-amz-target"]?.startsWith("secretsmanager.") === true;
  }

  answer(request: StubRequest): StubAnswer {
    this.requests += 1;
    const body = jsonBody(request, "secretsmanager.GetSecretValue", "1.1");
    const { SecretId: name } = GetSecretValue.parse(body);
    const text = this.texts.get(name);
    if (text === undefined) throw new StubRefusal("ResourceNotFoundException", `no secret ${name}`);
    return { status: 200, body: { Name: name, SecretString: text } };
  }
}
