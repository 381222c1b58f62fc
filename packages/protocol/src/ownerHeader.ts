/** What the file `OWNER` in the server's data directory says: taken from the server's own machine alone. */
export const ownerHeader = "x-akidb-owner";
