import type { Collection } from "@akidb/engine";
import { expect, it } from "vitest";
import { SlotUsers } from "./slotUsers.ts";

const collection = {} as Collection;

/** @returns what tells whether it has resolved by then */
function watched(promise: Promise<void>): () => Promise<boolean> {
  let isDone = false;
  void promise.then(() => {
    isDone = true;
  });
  return async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return isDone;
  };
}

it("has nobody once all have left, however often a lease is disposed of", async () => {
  const users = new SlotUsers();
  users.enter();
  users.enter();
  const isGone = watched(users.gone());
  const lease = users.lease(collection, () => users.leave());
  lease[Symbol.dispose]();
  lease[Symbol.dispose]();
  expect(users.areThere).toBe(true);
  expect(await isGone()).toBe(false);
  users.leave();
  expect(users.areThere).toBe(false);
  expect(await isGone()).toBe(true);
  await users.gone();
});

it("waits for leases, not for those who wait for one, and for none that are taken back", async () => {
  const users = new SlotUsers();
  users.enter();
  users.enter();
  await users.unleased();
  const lease = users.lease(collection, () => users.leave());
  const isUnleased = watched(users.unleased());
  expect(await isUnleased()).toBe(false);
  users.takeBack();
  expect(await isUnleased()).toBe(true);
  const isLetGo = watched(users.unleased());
  lease[Symbol.dispose]();
  expect(await isLetGo()).toBe(true);
  expect(users.areThere).toBe(true);
});
