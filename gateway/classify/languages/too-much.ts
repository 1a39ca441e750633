/** A text has more than a reader knows to be harmless. Never leaves the reader. */
export class TooMuch extends Error {}

export function refuse (): never { throw new TooMuch() }
