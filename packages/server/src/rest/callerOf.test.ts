import type { FastifyRequest } from "fastify";
import { expect, test } from "vitest";
import { callerOf } from "./callerOf.ts";
import type { RestContext } from "./restContext.ts";

const owner = { kind: "owner" };
const context = { database: { authenticateOwner: () => owner } } as unknown as RestContext;

const from = (remoteAddress: string | undefined, localAddress: string) =>
  ({
    headers: { "x-akidb-owner": "proof", "x-forwarded-for": "127.0.0.1" },
    ip: remoteAddress,
    routeOptions: { config: { access: "session" } },
    raw: { socket: { remoteAddress, localAddress } },
  }) as unknown as FastifyRequest;

test.each([
  ["127.0.0.1", "127.0.0.1"],
  ["::1", "::1"],
  ["::ffff:127.0.0.1", "::ffff:127.0.0.1"],
  ["192.168.1.5", "192.168.1.5"],
])("the owner of the files may come from %s to %s, which is the same machine", async (remote, local) => {
  expect(await callerOf(from(remote, local), context)).toMatchObject({ principal: owner });
});

test.each([
  ["192.168.1.6", "192.168.1.5"],
  ["10.0.0.1", "127.0.0.1"],
  [undefined, "127.0.0.1"],
])("but not from %s to %s", async (remote, local) => {
  await expect(callerOf(from(remote, local), context)).rejects.toMatchObject({ code: "unauthenticated" });
});
