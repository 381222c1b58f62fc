import { type AkiDbError, invalidArguments } from "@akidb/base";
import type { RefusedItem } from "./documentMessages.ts";
import { requestRefusal } from "./requestRefusal.ts";

/** What no message can hold is an error of its own item, as it is where the server finds out. */
export function itemOrRefusal<Message>(make: () => Message): Message | RefusedItem {
  try {
    return make();
  } catch (error) {
    const { code, message: detail, violations } = requestRefusal(error);
    return { ok: false, code, detail, violations };
  }
}

export const isRefused = <Message extends object>(item: Message | RefusedItem): item is RefusedItem =>
  "ok" in item;

/** Those that are sent. */
export const withoutRefused = <Message extends object>(
  items: readonly (Message | RefusedItem)[],
): Message[] => items.filter((item): item is Message => !isRefused(item));

/** The answers to those that were sent, with what was refused here in its place. */
export function inOrder<Item>(
  items: readonly (object | RefusedItem)[],
  answers: readonly Item[],
): (Item | RefusedItem)[] {
  const rest = answers.values();
  return items.map((item) => {
    if (isRefused(item)) return item;
    const { value, done } = rest.next();
    return done ? noAnswer : value;
  });
}

const noAnswer: RefusedItem = {
  ok: false,
  code: "internal",
  detail: "the server does not say what became of it",
  violations: [],
};

/** Where one refused item refuses the whole request, its fields are named from there. */
export function withPath<Message>(path: string, make: () => Message): Message {
  try {
    return make();
  } catch (error) {
    throw prefixed(requestRefusal(error), path);
  }
}

const prefixed = ({ violations }: AkiDbError, prefix: string): AkiDbError =>
  invalidArguments(
    violations.map(({ path, detail }) => ({ path: path === "" ? prefix : `${prefix}.${path}`, detail })),
  );
