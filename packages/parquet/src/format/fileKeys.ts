/** Of what this package writes into a file's key-value metadata; a reader refuses a newer version. */
export const documentFormatVersion = 1;

export const formatVersionKey = "akidb.format_version";
export const dimensionKey = "akidb.dimension";
