/** Documents of an answer where a query does not say how many. */
export const defaultTopK = 10;
