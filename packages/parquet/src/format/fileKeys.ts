/** Of what this package writes into a file's key-value metadata; a reader refuses a newer one. Version 1 has no `expires_at`. */
export const documentFormatVersion = 2;

export const formatVersionKey = "akidb.format_version";
export const dimensionKey = "akidb.dimension";
