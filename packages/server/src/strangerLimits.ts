/**
 * What somebody may send who has not said who it is, and so counts against nobody's rate: more than any login takes, and so
 * little that all connections together do not fill the memory with it.
 */
export const strangerBodyBytesMax = 64 * 1024;
