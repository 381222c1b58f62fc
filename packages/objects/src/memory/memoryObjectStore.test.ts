import { systemClock, systemRandom } from "@akidb/base";
import { checkObjectStore } from "../objectStore.contract.ts";
import { openMemoryObjectStore } from "./memoryObjectStore.ts";

checkObjectStore("memory", async () => ({
  store: openMemoryObjectStore({ clock: systemClock, random: systemRandom }),
  end: async () => {},
}));
