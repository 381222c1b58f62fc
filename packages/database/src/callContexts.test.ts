import { noDeadline } from "@akidb/base";
import { expect, test } from "vitest";
import { ownProcess } from "./access/caller.ts";
import { callContexts, type OfOneCall } from "./callContexts.ts";
import type { OperationContext } from "./operation.ts";

test("a context has what all calls share, and a copy of it is no context to the compiler", () => {
  const common = { slowQueryMs: 7 } as Omit<OperationContext, OfOneCall>;
  const call = { requestId: "r", deadline: noDeadline(), caller: ownProcess };
  const context = callContexts(common)(call);
  expect(context.call).toBe(call);
  expect(context.slowQueryMs).toBe(7);
  // @ts-expect-error: nothing of what is shared is in it
  const copy: OperationContext = { ...context, call };
  // @ts-expect-error: the same for whoever needs but a part
  const part: Pick<OperationContext, "slowQueryMs"> = { ...context };
  expect([copy.slowQueryMs, part.slowQueryMs]).toEqual([undefined, undefined]);
});
