/** S3 encodes names in its lists as forms do: a space is `+`. */
export const urlDecode = (name: string): string => decodeURIComponent(name.replaceAll("+", " "));
