/** Processes run what was built, also where the file that starts them is a source. */
export const builtUrl = (from: string, program: string): URL =>
  new URL(program, from.replace("/testing/src/", "/testing/dist/"));
