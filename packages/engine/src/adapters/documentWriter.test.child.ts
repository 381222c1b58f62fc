import { DocumentStore } from "../documents/documentStore.ts";
import { RandomMutations } from "../documents/randomMutations.test.data.ts";
import { nodeDisk } from "./nodeDisk.ts";
import { openDocumentFile } from "./sqlite/openDocumentFile.ts";

/** Applies mutations until it is killed, as a collection does, from where the file is: `directory seed`. */
const [directory, seed] = process.argv.slice(2);
const { file } = await openDocumentFile({ disk: nodeDisk, directory: directory! });
const store = new DocumentStore({ file, syncLog: async () => {} });
const mutations = new RandomMutations(Number(seed));
process.stdout.write("ready\n");
for (;;) {
  const mutation = mutations.next();
  store.apply(mutation, mutations.lsn);
  if (mutations.lsn % 7 === 0) await store.flush();
  if (mutations.lsn % 100 === 0) await store.sync();
}
