/** Whether a file's name in a snapshot stays within it. */
export const isPlainPath = (name: string): boolean =>
  name.split("/").every((part) => /^[\w.-]+$/.test(part) && !/^\.+$/.test(part));
