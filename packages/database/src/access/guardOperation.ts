import type { Principal, Resource } from "@akidb/access";
import type { Operation, OperationContext, Permission } from "../operation.ts";
import { inSpan, type SpanAttributes } from "../telemetry/span.ts";
import { ownerOf, subjectOf } from "./auditTrail.ts";

/**
 * Runs an operation if its caller is permitted to, and lets what it may have changed of who may do what count for the next.
 *
 * Rejects with `permission_denied`, with `not_found` for what the caller may not know of, and as the operation does.
 */
export async function guardOperation<Input, Output>(
  operation: Operation<Input, Output>,
  context: OperationContext,
  input: Input,
): Promise<Output> {
  const { trace } = context.call;
  const resource = await inSpan(trace?.span, "authorize", () => authorize(operation, context, input));
  trace?.span?.set(attributesOf(operation.name, context, resource));
  if (leavesControlPlane(operation.permission)) return await operation.run(context, input);
  const isHarmless = "changesAccess" in operation || !isAboutAccess(operation.permission);
  try {
    return await operation.run(context, input);
  } finally {
    // Also what things are called, and which there are.
    context.access.generation.advance();
    if (!isHarmless) forgetAccess(operation.permission, context, resource);
  }
}

function forgetAccess(
  permission: Permission,
  context: OperationContext,
  resource: Resource | undefined,
): void {
  context.access.forgetCallers();
  const tenantId = ownerOf(resource);
  if (tenantId !== undefined) context.access.authorizer.forget(tenantId);
  if (permission.startsWith("tenant::")) context.quotas.changed(tenantId);
}

/** @returns what the operation is done to; undefined where it is not about any one thing */
async function authorize<Input, Output>(
  operation: Operation<Input, Output>,
  context: OperationContext,
  input: Input,
): Promise<Resource | undefined> {
  if (operation.permission !== "public") requireKnown(context);
  if (!("resource" in operation)) return undefined;
  const { permission: action, name, subject, further, audited = "always" } = operation;
  const resource = await operation.resource(context, input);
  const isBound = context.within !== undefined && operation.underFilter === undefined;
  await context.access.authorize(context.call, context.principal, {
    operation: name,
    requirements: [{ action, resource }, ...((await further?.(context, input)) ?? [])],
    subject: subject?.(input) ?? subjectOf(resource),
    isAskedOften: audited === "as_data",
    isBound,
    grants: (await operation.grants?.(context, input)) ?? [],
  });
  return resource;
}

/** Whoever has not said who it is has no principal to be asked for. */
const requireKnown = ({ principal }: OperationContext): Principal => principal;

/** Whether it only reads, or changes nothing but documents. */
const leavesControlPlane = (permission: Permission): boolean =>
  /^(?:document|embedding)::|::read$/.test(permission);

/** Whether it may change who may do what; what ends a session says so itself. */
const isAboutAccess = (permission: Permission): boolean =>
  /^(?:tenant::|user::|key::|policy::)/.test(permission) && !permission.endsWith("::read");

/** Who, what and in which collection; never a name. */
const attributesOf = (
  operation: string,
  context: OperationContext,
  resource: Resource | undefined,
): SpanAttributes => ({
  "akidb.operation": operation,
  ...(resource !== undefined && { "akidb.tenant_id": context.principal.tenantId }),
  ...(resource?.type === "collection" && { "akidb.collection_id": resource.id }),
});
