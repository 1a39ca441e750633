/** What an order in plain words comes to: a command, or a file that is read or changed. It is judged as if it had been given in so many words. */
export type Meaning = { readonly command: string } | { readonly path: string, readonly access: 'read' | 'write' }

/** One kind of order: `verbs` begin it, `objects` come behind, and `unless` in it makes it everyday work. */
export interface PlainOrder {
  readonly verbs: RegExp
  readonly objects: RegExp
  readonly unless?: RegExp
  readonly means: Meaning
}

const FILLERS = 'the|a|an|this|that|these|those|all|any|every|each|its|our|your|my|their|of|whole|entire|complete|full|existing|current|remaining|other|previous|prior|earlier|above|local|real|actual|raw|stored|me|us|out|up|down|weir\'s|opencode\'s|agent\'s|gateway\'s|project\'s|user\'s|machine\'s|server\'s|company\'s|content|contents|values?'

/** Words that an order begins with. */
export function verbs (words: string): RegExp {
  return new RegExp(`^(?:${words})\\b`, 'i')
}

/** Whatever an order begins with. */
export const ANY_VERB = /^\w+/

/** Objects right behind the verb, with nothing between but words like `all of the`. */
export function direct (words: string): RegExp {
  return new RegExp(`^(?:\\W+(?:${FILLERS})\\b)*\\W+(?:${words})(?!\\w)`, 'i')
}

/** Objects somewhere behind the verb. */
export function within (words: string): RegExp {
  return new RegExp(`(?<![\\w/-])(?:${words})(?!\\w)`, 'i')
}

/** Words that make everyday work of it. */
export const unless = within
