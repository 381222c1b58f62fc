import { operations } from "@akidb/database";
import { VerificationPath, VerificationResource, verificationToWire } from "@akidb/protocol";
import type { FastifyInstance } from "fastify";
import { operationRoute } from "./operationRoute.ts";
import type { RestContext } from "./restContext.ts";

const tag = "Operations";
const url = "/api/v1/verifications";

export function addVerificationRoutes(app: FastifyInstance, context: RestContext): void {
  operationRoute(app, context, {
    method: "POST",
    url,
    operationId: "startVerification",
    tag,
    summary: "Begin to verify every file of the data directory",
    description:
      "Reads every file by its checksums while everything is served, and changes nothing. One runs at a time: where one does, " +
      "it is the answer.",
    operation: operations.startVerification,
    status: 201,
    response: VerificationResource,
    input: () => ({}),
    output: verificationToWire,
  });
  operationRoute(app, context, {
    method: "GET",
    url: `${url}/:verification`,
    operationId: "getVerification",
    tag,
    summary: "The progress or the report of the latest verification",
    operation: operations.getVerification,
    params: VerificationPath,
    status: 200,
    response: VerificationResource,
    input: ({ params }) => params,
    output: verificationToWire,
  });
}
