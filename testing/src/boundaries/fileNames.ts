import type { Project } from "./project.ts";
import type { Violation } from "./violation.ts";

/** Names that say nothing of what is inside. */
const emptyName = /^(common|helpers?|managers?|misc|types?|utils?)$/i;

/** A file or folder is called by what it holds. */
export const fileNames = ({ modules }: Project): readonly Violation[] =>
  modules.flatMap(({ path }) => {
    const names = path.split("/").map((part) => part.split(".", 1)[0] ?? "");
    return names
      .filter((name) => emptyName.test(name))
      .map((name) => ({ path, problem: `is called "${name}"` }));
  });
