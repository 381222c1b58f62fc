/** For a process with an environment of its own: it finds what others compiled, where there is a place for that. */
export const compileCache: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    name === "NODE_COMPILE_CACHE" && value !== undefined ? [[name, value]] : [],
  ),
);
