import { GatewayError } from '../core/errors.ts'
import type { Git } from './git.ts'

/**
 * Writes files into the object store byte for byte, in one git process.
 *
 * @param paths absolute, of regular files that nobody else can change meanwhile, without line breaks
 * @returns their ids, in the same order
 * @throws GatewayError WEIR_ERR_PROJECT
 */
export async function storeFiles (git: Git, paths: readonly string[]): Promise<string[]> {
  if (paths.length === 0) return []
  const ids = (await git.text(['hash-object', '-w', '--no-filters', '--stdin-paths'], { input: `${paths.join('\n')}\n` })).split('\n')
  if (ids.length !== paths.length) throw new GatewayError('WEIR_ERR_PROJECT', 'git stored another number of files than it was given')
  return ids
}
