/** Names of what is kept beside an object, as user metadata (`x-amz-meta-…`). */
export const putIdName = "akidb-put";
export const partBytesName = "akidb-part-bytes";
