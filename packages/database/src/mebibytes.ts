/** `12.3 MiB`, as refusals name sizes. */
export const mebibytes = (bytes: number): string => `${(bytes / (1024 * 1024)).toFixed(1)} MiB`;
