import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpIamAuthorizer, HttpJwtAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";

/** Who may come in: AWS principals with signed requests, or people with a token of an issuer. */
export type Callers =
  | { readonly kind: "iam" }
  | {
      readonly kind: "jwt";
      readonly issuer: string;
      readonly audience: readonly string[];
      /** Origins whose pages may call the API; none when they share its own. */
      readonly origins: readonly string[];
    };

export interface SwitchyardHttpApiProps {
  readonly handler: IFunction;
  readonly callers: Callers;
  /** Physical name; shows in the console and in the name of the access log. */
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly requestsBurst: number;
  readonly logRetentionDays: RetentionDays;
  /**
   * Lets anybody ask GET /v1/health, a few times a second.
   * @default false
   */
  readonly openHealth?: boolean;
}

const everyMethod = [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.DELETE];

/**
 * One front door of the API function. A route of an HTTP API has exactly one authorizer, so machines
 * and people get a door each: two HTTP APIs with the same paths before the same function, which cost
 * nothing while nobody calls. The function learns from the request's own authorizer who came how.
 */
export class SwitchyardHttpApi extends Construct {
  readonly api: HttpApi;
  readonly url: string;

  constructor(scope: Construct, id: string, props: SwitchyardHttpApiProps) {
    super(scope, id);
    const { callers } = props;
    this.api = new HttpApi(this, "Api", {
      apiName: props.name,
      description: `Switchyard's HTTP API for ${callers.kind === "iam" ? "machines (SigV4)" : "people (JWT)"}`,
      createDefaultStage: false,
      defaultAuthorizer: authorizerOf(callers),
      ...(callers.kind === "jwt" && callers.origins.length > 0
        ? { corsPreflight: preflightOf(callers.origins) }
        : {}),
    });
    // One permission for the whole API: one per route would fill the function's policy.
    const integration = new HttpLambdaIntegration("Function", props.handler, {
      scopePermissionToRoute: false,
      timeout: Duration.seconds(29),
    });
    this.api.addRoutes({
      path: "/v1/{proxy+}",
      // Not ANY for people: it would catch the browser's OPTIONS and ask it for a token.
      methods: callers.kind === "iam" ? [HttpMethod.ANY] : everyMethod,
      integration,
    });
    if (props.openHealth === true) this.openHealth(integration);
    this.url = `${this.api.apiEndpoint}/`;
    this.stage(props);
  }

  private openHealth(integration: HttpLambdaIntegration): void {
    const [route] = this.api.addRoutes({
      path: "/v1/health",
      methods: [HttpMethod.GET],
      integration,
      authorizer: new HttpNoneAuthorizer(),
    });
    if (route === undefined) return;
    acknowledge(route, {
      "AwsSolutions-APIG4":
        "Monitors that cannot sign ask whether the service lives; the answer names no data, and the stage throttles.",
    });
  }

  private stage(props: SwitchyardHttpApiProps): void {
    const log = new LogGroup(this, "AccessLog", {
      // Names below /aws/vendedlogs/ need no entry of their own in the account's log policy.
      logGroupName: `/aws/vendedlogs/${props.name}`,
      retention: props.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new HttpStage(this, "Stage", {
      httpApi: this.api,
      stageName: "$default",
      autoDeploy: true,
      throttle: { rateLimit: props.requestsPerSecond, burstLimit: props.requestsBurst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(log),
        format: AccessLogFormat.custom(accessLogLine),
      },
    });
  }
}

function authorizerOf(callers: Callers): IHttpRouteAuthorizer {
  if (callers.kind === "iam") return new HttpIamAuthorizer();
  return new HttpJwtAuthorizer("Tokens", callers.issuer, { jwtAudience: [...callers.audience] });
}

function preflightOf(origins: readonly string[]) {
  return {
    allowOrigins: [...origins],
    allowMethods: [
      CorsHttpMethod.GET,
      CorsHttpMethod.POST,
      CorsHttpMethod.PUT,
      CorsHttpMethod.DELETE,
    ],
    allowHeaders: ["authorization", "content-type", "idempotency-key"],
    maxAge: Duration.hours(1),
  };
}

/** Who asked for what and how it went; neither query texts nor anything a credential is made of. */
const accessLogLine = JSON.stringify({
  requestId: "$context.requestId",
  time: "$context.requestTime",
  sourceIp: "$context.identity.sourceIp",
  caller: "$context.identity.caller",
  subject: "$context.authorizer.claims.sub",
  method: "$context.httpMethod",
  path: "$context.path",
  status: "$context.status",
  responseBytes: "$context.responseLength",
  latencyMs: "$context.responseLatency",
  integrationError: "$context.integrationErrorMessage",
  authorizerError: "$context.authorizer.error",
});
