import { COSIGNATURE, cosignatureIn } from './cosignature.ts'
import { noteSignatures, type NoteKey } from './signed-note.ts'

/** Witnesses that somebody trusts, each once, and how many of them must have cosigned. */
export interface Witnesses { readonly keys: readonly NoteKey[], readonly quorum: number }

/** Who of these witnesses cosigned a checkpoint, by name; or what is wrong. By which ledger it is signed is not looked at. */
export function checkWitnesses (note: string, { keys, quorum }: Witnesses, nowMs: number): { readonly by: readonly string[] } | { readonly problem: string } {
  const holds = (key: NoteKey): boolean => cosignatureIn(note, key, nowMs) !== null
  const forged = keys.find((key) => (noteSignatures(note, key, COSIGNATURE)?.signatures.length ?? 0) > 0 && !holds(key))
  if (forged !== undefined) return { problem: `the cosignature of ${forged.name} does not hold` }
  const missing = keys.filter((key) => !holds(key)).map(({ name }) => name)
  if (keys.length - missing.length < quorum) return { problem: `${keys.length - missing.length} of ${quorum} witnesses have cosigned it, not ${missing.join(', ')}` }
  return { by: keys.map(({ name }) => name).filter((name) => !missing.includes(name)) }
}
