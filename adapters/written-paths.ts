import { diffNames } from '../gateway/decode/diff-names.ts'

/**
 * The files that a text changes by being written to this one, which comes first: a patch that is written down changes what it names, whoever
 * applies it later.
 */
export function writtenPaths (path: string, content: string): readonly string[] {
  return [path, ...diffNames(content)]
}
