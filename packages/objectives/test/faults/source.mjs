/** The path of a loss in the package. */
export const source = (name) => `src/losses/${name}.ts`;
