// What stands beside each word of the table.

/** A word's meaning and its remedy, a sentence each. */
export type Explanation = readonly [meaning: string, remedy: string]
